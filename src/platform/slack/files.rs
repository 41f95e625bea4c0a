//! Files: they are there before the message that names them, so that no message speaks of a file that never comes.

use commands::message::{Block, File, Message};
use serde_json::json;

use super::Slack;
use super::api::Fault;

/// A file that Slack has and nobody sees yet.
pub(super) struct Uploaded {
    id: String,
    name: String,
}

impl Slack {
    /// Uploads the files of a message; nobody sees them before [`Slack::share`].
    pub(super) async fn upload(&self, message: &Message) -> Result<Vec<Uploaded>, Fault> {
        let files = message.blocks.iter().filter_map(|block| match block {
            Block::File(file) => Some(file),
            _ => None,
        });
        let mut uploaded = Vec::new();
        for file in files {
            uploaded.push(self.upload_one(file).await?);
        }
        Ok(uploaded)
    }

    async fn upload_one(&self, file: &File) -> Result<Uploaded, Fault> {
        const METHOD: &str = "files.getUploadURLExternal";
        // Slack takes no empty file.
        let content = if file.content.is_empty() { "\n" } else { &file.content };
        let params = [("filename", file.name.clone()), ("length", content.len().to_string())];
        let answer = self.api.ask(METHOD, &params).await?;
        let (Some(url), Some(id)) = (answer["upload_url"].as_str(), answer["file_id"].as_str()) else {
            return Err(Fault::Lost { method: METHOD, cause: "no address in the answer".to_owned() });
        };
        self.api.upload(url, content.as_bytes()).await?;
        Ok(Uploaded { id: id.to_owned(), name: file.name.clone() })
    }

    /// Shows uploaded files in the channel of this id.
    pub(super) async fn share(&self, files: &[Uploaded], channel: &str, thread: Option<&str>) -> Result<(), Fault> {
        if files.is_empty() {
            return Ok(());
        }
        let list: Vec<_> = files.iter().map(|file| json!({ "id": file.id, "title": file.name })).collect();
        let mut body = json!({ "files": list, "channel_id": channel });
        if let Some(thread) = thread {
            body["thread_ts"] = thread.into();
        }
        self.api.call("files.completeUploadExternal", &body).await.map(drop)
    }
}
