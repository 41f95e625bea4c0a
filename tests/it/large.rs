//! What is larger than what can be kept: files are cut and say so, the rest gets a sentence, and nothing is asked again.

use std::sync::LazyLock;

use commands::registry::Entry;
use commands::{Command, Context, Message, Query, Resource};
use serde::{Deserialize, Serialize};
use standins::world::{Choices, World};

/// Answers with a file of this many rows, or with that many words.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
struct Large {
    /// How many rows
    #[arg(long)]
    rows: usize,
    /// As words instead of a file
    #[arg(long)]
    words: bool,
}

impl Command for Large {
    const NAME: &'static str = "test large";

    fn resource(&self) -> Resource {
        Resource::default()
    }
}

impl Query for Large {
    async fn answer(&self, _cx: &Context<'_>) -> commands::Result<Message> {
        let rows = (0..self.rows).map(|row| format!("{row},{}\n", "x".repeat(95))).collect::<String>();
        if self.words {
            return Ok(rows.as_str().into());
        }
        Ok(Message::from("Here it is.").file("rows.csv", format!("row,words\n{rows}")))
    }
}

static COMMANDS: LazyLock<Vec<Entry>> =
    LazyLock::new(|| commands::ALL.iter().copied().chain([Entry::query::<Large>()]).collect());

async fn world() -> World {
    let policy = r#"@id("all") permit (principal, action, resource);"#.to_owned();
    World::with(Choices { commands: &COMMANDS, policy: Some(policy), ..Choices::default() }).await
}

#[tokio::test]
async fn a_file_that_is_too_long_comes_with_its_first_rows_and_says_so() {
    let mut world = world().await;
    world.person("ana").types("ops", "/test large --rows 5000").await;
    let said = world.person("ana").reads("rows.csv has only the first").await;
    let words = said.plain().to_owned();
    assert!(words.contains(" of 5000 rows: it would be too long. Ask for less to get all of it."), "{words}");
    let file = world.person("ana").reads("(file: rows.csv)").await;
    let content = String::from_utf8(world.slack.file(&file.files[0]).content.unwrap()).unwrap();
    assert!(content.len() > 80_000 && content.ends_with("x\n") && content.starts_with("row,words\n0,x"));
    world.end().await;
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_refused_in_a_sentence_and_not_worked_out_again() {
    let mut world = world().await;
    let said = world.person("ana").asks("ops", "/test large --rows 5000 --words").await;
    assert_eq!(
        said,
        "The answer is longer than what I can keep, so I can't give it. Nothing was changed. Narrow it down and ask again."
    );
    world.advance("5m").await;
    insta::assert_snapshot!(world.end().await.audit(), @"
    ana · asked · test large
    ana · answered · test large · refused
    ");
}
