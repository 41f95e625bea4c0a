//! `watchkeeper audit verify | export | search`, over a store.
