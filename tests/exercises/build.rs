//! A server of "Build your own server", checked: how far it comes.
