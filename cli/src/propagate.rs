//! `biaoshi propagate`: a platform's own fields, next to the producer's.

use biaoshi::{Identity, Propagator};

use crate::args::PropagateArgs;
use crate::label::now;
use crate::output::{Exit, Failure, Out, is_dash};
use crate::receipt::{self, Written};
use crate::write::{Files, Ways};

pub(crate) fn run(options: &PropagateArgs, out: &mut Out) -> Result<Exit, Failure> {
    let files = Files { input: &options.input, output: &options.output, force: options.force, json: options.work.json };
    files.guarded(&options.work, 600, &|| propagate(options, &files), out)
}

fn propagate(options: &PropagateArgs, files: &Files<'_>) -> Result<Written, Failure> {
    files.check()?;
    let identity = match &options.sign {
        Some(folder) => Some(Identity::load(folder, Some(now()))?),
        None => None,
    };
    let mut propagator = Propagator::new(&options.propagator)
        .declared(options.declared)
        .detected(options.detected)
        .limits(options.work.limits())
        .sign_over_broken(options.sign_over_broken);
    if let Some(id) = &options.id {
        propagator = propagator.id(id);
    }
    if let Some(code) = &options.reserved_code2 {
        propagator = propagator.reserved_code2(code);
    }
    propagator = options.profile.iter().fold(propagator, |p, profile| p.also(*profile));
    let name = options.output.file_name().filter(|_| !is_dash(&options.output));
    if let Some(title) = name.and_then(|name| name.to_str()) {
        propagator = propagator.title(title);
    }
    if let Some(identity) = &identity {
        propagator = propagator.signer(identity);
    }
    let (receipt, input_bytes) = files.write(&Ways {
        file: &|path| propagator.propagate_file(path, files.output, files.force),
        stream: &|source, out| propagator.propagate(source, out),
    })?;
    Ok(Written { receipt, input_bytes, signer: identity.map(receipt::SignerLine::of) })
}
