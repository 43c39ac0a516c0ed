//! Arguments of `store`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::WorkArgs;

#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) verb: StoreVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreVerb {
    Add(StoreFiles),
    Find(StoreFiles),
    Manifest(StoreManifest),
}

#[derive(Debug, Args)]
pub(crate) struct StoreFiles {
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[arg(long, value_name = "DB")]
    pub(crate) store: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub(crate) watermark_key: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StoreManifest {
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
    #[arg(long, value_name = "DB")]
    pub(crate) store: PathBuf,
    #[arg(long)]
    pub(crate) force: bool,
}
