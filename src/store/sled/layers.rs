//! What is durable in the journal and not in sled yet, over what is in sled: readers see both as one.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::{Arc, RwLock};

use sled::IVec;

use super::shared::unpoisoned;
use super::tree::Changes;
use crate::store::ReadError;

/// A key and its value.
pub(super) type Pair = (IVec, IVec);

/// Changes that hide what lies below them. It only grows older: once another layer lies above it, it changes no more.
#[derive(Debug, Default)]
pub(super) struct Layer(RwLock<BTreeMap<IVec, Option<IVec>>>);

impl Layer {
    /// The value of a key, `Some(None)` where it was removed, none where the layer does not know.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<IVec>> {
        unpoisoned(self.0.read()).get(key).cloned()
    }

    /// Takes in changes. That a key is gone has to be kept only where something lies `below`.
    pub(super) fn take(&self, changes: &Changes, below: impl Fn(&[u8]) -> bool) {
        let gone: Vec<bool> = changes.iter().map(|(key, value)| value.is_none() && !below(key)).collect();
        let mut layer = unpoisoned(self.0.write());
        for ((key, value), gone) in changes.iter().zip(gone) {
            if gone {
                layer.remove(key.as_slice());
            } else {
                layer.insert(key.as_slice().into(), value.as_deref().map(IVec::from));
            }
        }
    }

    /// All changes, by key.
    pub(super) fn changes(&self) -> Vec<(IVec, Option<IVec>)> {
        unpoisoned(self.0.read()).iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        unpoisoned(self.0.read()).is_empty()
    }
}

/// The layers over sled.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers {
    /// What new groups go to.
    pub(super) front: Arc<Layer>,
    /// What is on its way into sled.
    pub(super) back: Option<Arc<Layer>>,
}

impl Layers {
    /// The value of a key, `Some(None)` where it was removed, none where only sled knows.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<IVec>> {
        self.front.get(key).or_else(|| self.back.as_ref()?.get(key))
    }

    /// What the layers have from `first` up to, not with, `end`.
    pub(super) fn between(&self, first: &[u8], end: Bound<&[u8]>) -> BTreeMap<IVec, Option<IVec>> {
        let mut found = BTreeMap::new();
        for layer in self.back.iter().chain([&self.front]) {
            let layer = unpoisoned(layer.0.read());
            let within = layer.range::<[u8], _>((Bound::Included(first), end));
            found.extend(within.map(|(key, value)| (key.clone(), value.clone())));
        }
        found
    }
}

/// `above` over `below`, both in the order in which `first` comes first.
pub(super) struct Merged<A: Iterator<Item = (IVec, Option<IVec>)>, B: Iterator<Item = Result<Pair, ReadError>>> {
    above: Peekable<A>,
    below: Peekable<B>,
    /// Which of two keys comes first.
    first: Ordering,
}

impl<A: Iterator<Item = (IVec, Option<IVec>)>, B: Iterator<Item = Result<Pair, ReadError>>> Merged<A, B> {
    /// Both by key.
    pub(super) fn ascending(above: A, below: B) -> Self {
        Self { above: above.peekable(), below: below.peekable(), first: Ordering::Less }
    }

    /// Both by key, the greatest first.
    pub(super) fn descending(above: A, below: B) -> Self {
        Self { above: above.peekable(), below: below.peekable(), first: Ordering::Greater }
    }
}

impl<A: Iterator<Item = (IVec, Option<IVec>)>, B: Iterator<Item = Result<Pair, ReadError>>> Iterator for Merged<A, B> {
    type Item = Result<Pair, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let order = match (self.above.peek(), self.below.peek()) {
                (None, _) | (_, Some(Err(_))) => return self.below.next(),
                (Some(_), None) => self.first,
                (Some((above, _)), Some(Ok((below, _)))) => above.cmp(below),
            };
            if order == self.first.reverse() {
                return self.below.next();
            }
            if order == Ordering::Equal {
                self.below.next();
            }
            if let Some((key, Some(value))) = self.above.next() {
                return Some(Ok((key, value)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(changes: &[(&str, Option<&str>)]) -> Changes {
        changes.iter().map(|(key, value)| (key.as_bytes().to_vec(), value.map(|value| value.as_bytes().to_vec()))).collect()
    }

    #[test]
    fn what_lies_above_hides_what_lies_below() {
        let back = Layer::default();
        back.take(&changes(&[("a", Some("back")), ("b", Some("back")), ("c", None)]), |_| true);
        let layers = Layers { front: Arc::default(), back: Some(Arc::new(back)) };
        layers.front.take(&changes(&[("b", None), ("d", Some("front"))]), |key| layers.back.as_ref().unwrap().get(key).is_some());
        layers.front.take(&changes(&[("d", None), ("e", Some("front"))]), |_| false);
        let sled = || [("b", "sled"), ("c", "sled"), ("f", "sled")].map(|(key, value)| Ok((IVec::from(key), IVec::from(value))));
        let seen = |merged: Vec<Result<Pair, ReadError>>| {
            let text = |bytes: &IVec| String::from_utf8(bytes.to_vec()).unwrap();
            merged.into_iter().map(Result::unwrap).map(|(key, value)| text(&key) + "=" + &text(&value)).collect::<Vec<_>>()
        };
        let above = || layers.between(b"a", Bound::Unbounded).into_iter();
        let ascending = Merged::ascending(above(), sled().into_iter()).collect();
        assert_eq!(seen(ascending), ["a=back", "e=front", "f=sled"]);
        let descending = Merged::descending(above().rev(), sled().into_iter().rev()).collect();
        assert_eq!(seen(descending), ["f=sled", "e=front", "a=back"]);
        assert_eq!(layers.get(b"b"), Some(None));
        assert_eq!((layers.get(b"d"), layers.get(b"f")), (None, None), "only sled knows");
    }
}
