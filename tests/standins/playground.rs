//! The playground: the real bot between stand-ins, and a page to chat on.

fn main() {}
