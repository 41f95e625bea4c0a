use serde_json::json;

use super::{Watch, office_with, post};

#[tokio::test]
async fn markdown_is_read_as_people_see_it() {
    let discord = office_with(Watch::new().options()).await;
    let (ana, dba) = (discord.person("ana").id().to_owned(), discord.channel("dba").id().to_owned());
    for (content, words) in [
        ("## CHG-1 · orders: mysql".to_owned(), "CHG-1 · orders: mysql"),
        ("-# small *print*".to_owned(), "small print"),
        ("**Asked by** <@ANA> in <#DBA>".to_owned(), "Asked by @ana in #dba"),
        ("a `code *here*` and snake_case_name, 2 * 3 * 4".to_owned(), "a code *here* and snake_case_name, 2 * 3 * 4"),
        (r"\*not bold\* \_ \# \`".to_owned(), "*not bold* _ # `"),
        ("__under__ ~~gone~~ _leans_ ***both***".to_owned(), "under gone leans both"),
        ("before\n```\nA  B\n*  _\n```\nafter".to_owned(), "before\n\nA  B\n*  _\n\nafter"),
        ("```json\n{}\n```".to_owned(), "\n{}"),
        ("<t:1795629600:f>, <t:1795716000:t>".to_owned(), "today 6:00 PM, 6:00 PM"),
        ("[the runbook](https://example.com/a) <https://example.com>".to_owned(), "the runbook https://example.com"),
        ("- one\n- two".to_owned(), "• one\n• two"),
        ("over\n⎯⎯⎯⎯\nbelow".to_owned(), "over\n---\nbelow"),
        ("<\u{200b}@1> a\u{200b}b".to_owned(), "<@1> ab"),
        ("seen\u{2061}\u{2062}\u{2063}\u{2064}".to_owned(), "seen"),
        ("<:party:123456789012345678> a < b > c".to_owned(), ":party: a < b > c"),
    ] {
        let content = content.replace("ANA", &ana).replace("DBA", &dba);
        post(&discord, json!({"content": content})).await;
        let read = discord.channel("dba").read_all();
        assert_eq!(read.last().expect("a message").plain(), words, "{content}");
    }
    let embeds = json!([{"title": "More", "description": "and **more**", "fields": [{"name": "Account", "value": "a\nb"}]}]);
    let row = |label: &str| json!({"type": 1, "components": [{"type": 2, "style": 1, "label": label, "custom_id": label}]});
    post(&discord, json!({"content": "x", "embeds": embeds, "components": [row("Yes"), row("No")]})).await;
    let read = discord.channel("dba").read_all();
    assert_eq!(read.last().expect("a message").plain(), "x\nMore\nand more\nAccount a b\n[Yes] [No]");
}
