//! stub
#[derive(Clone, Debug)]
pub struct Source {
    pub name: String,
    pub project: Option<String>,
}
