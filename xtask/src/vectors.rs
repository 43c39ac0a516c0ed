pub fn vectors(_: bool) -> anyhow::Result<()> { Ok(()) }
