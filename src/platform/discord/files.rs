//! Files: sent with the message that names them, as `multipart/form-data` (RFC 7578).

use axum::body::Bytes;
use commands::message::{Block, File, Message};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::limits::{self, cut};

/// A body with files in it.
pub(super) struct Form {
    /// Its content type.
    pub(super) kind: String,
    /// The body.
    pub(super) body: Bytes,
}

/// The files of a message, as many as Discord takes.
pub(super) fn of(message: &Message) -> Vec<&File> {
    let files = message.blocks.iter().filter_map(|block| if let Block::File(file) = block { Some(file) } else { None });
    files.take(limits::FILES).collect()
}

/// A message's body with its files.
pub(super) fn form(mut body: Value, files: &[&File]) -> Form {
    let names: Vec<String> = files.iter().map(|file| name(&file.name)).collect();
    let attached = names.iter().enumerate().map(|(id, name)| json!({ "id": id, "filename": name }));
    body["attachments"] = attached.collect();
    let json = body.to_string();
    let boundary = boundary(&json, files);
    let mut whole = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: application/json\r\n\r\n{json}\r\n"
    );
    for (id, (file, name)) in files.iter().zip(&names).enumerate() {
        // Discord takes no empty file.
        let content = if file.content.is_empty() { "\n" } else { &file.content };
        let head = format!("Content-Disposition: form-data; name=\"files[{id}]\"; filename=\"{name}\"\r\n");
        whole.push_str(&format!("--{boundary}\r\n{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{content}\r\n"));
    }
    whole.push_str(&format!("--{boundary}--\r\n"));
    Form { kind: format!("multipart/form-data; boundary={boundary}"), body: whole.into() }
}

/// A file's name as Discord keeps it: letters, digits, `.`, `-` and `_`.
fn name(name: &str) -> String {
    let kept = |letter: char| if letter.is_ascii_alphanumeric() || ".-_".contains(letter) { letter } else { '_' };
    let name: String = cut(name, limits::FILE_NAME - 1).chars().map(kept).collect();
    if name.trim_matches('.').is_empty() { "file".to_owned() } else { name }
}

/// Letters that stand in none of the parts: a digest of them all.
fn boundary(json: &str, files: &[&File]) -> String {
    let all: String = std::iter::once(json).chain(files.iter().map(|file| file.content.as_str())).collect();
    commands::plan::hex(digest(&SHA256, all.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_with_their_message() {
        let message = Message::new().text("two").file("a \"b\".csv", "x\r\n".to_owned()).file("", String::new());
        let form = form(json!({ "content": "two" }), &of(&message));
        let boundary = form.kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        let body = std::str::from_utf8(&form.body).unwrap().replace(boundary, "BOUNDARY").replace('\r', "");
        insta::assert_snapshot!(body, @r#"
        --BOUNDARY
        Content-Disposition: form-data; name="payload_json"
        Content-Type: application/json

        {"content":"two","attachments":[{"id":0,"filename":"a__b_.csv"},{"id":1,"filename":"file"}]}
        --BOUNDARY
        Content-Disposition: form-data; name="files[0]"; filename="a__b_.csv"
        Content-Type: text/plain; charset=utf-8

        x

        --BOUNDARY
        Content-Disposition: form-data; name="files[1]"; filename="file"
        Content-Type: text/plain; charset=utf-8



        --BOUNDARY--
        "#);
    }
}
