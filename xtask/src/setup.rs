pub fn setup() -> anyhow::Result<()> { Ok(()) }
