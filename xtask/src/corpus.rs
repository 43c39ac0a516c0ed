pub fn corpus(_: Option<&std::path::Path>) -> anyhow::Result<()> { Ok(()) }
