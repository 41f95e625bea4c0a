//! The stand-in seen through the real SDK.
