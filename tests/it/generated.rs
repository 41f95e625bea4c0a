//! What is made from the code and kept in the repository is not stale.

use crate::program::Program;

#[tokio::test]
async fn the_documentation_of_the_commands_is_fresh() {
    is_fresh("docs/commands.md", "docs commands").await;
}

#[tokio::test]
async fn the_slack_manifest_is_fresh() {
    is_fresh("docs/slack-manifest.json", "manifest slack").await;
}

async fn is_fresh(file: &str, line: &str) {
    let made = Program::new().run(&line.split(' ').collect::<Vec<_>>()).await;
    assert_eq!((made.code, made.err.as_str()), (0, ""));
    let kept = std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap_or_default();
    assert!(made.out == kept, "{file} is stale. Make it anew:\n\n    cargo run --quiet -- {line} > {file}\n");
}
