//! How far a long step is, and how it is stopped.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use biaoshi::codec::tool::Programs;

/// How long nothing is said about how far it is.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long programs that were started, and their files, have to go away after Ctrl-C.
const GRACE: Duration = Duration::from_millis(1500);
/// Steps of the bar.
const STEPS: u64 = 1000;

/// A bar on a terminal, for steps that take longer than a second.
pub(crate) struct Bar {
    bar: indicatif::ProgressBar,
    programs: Programs,
}

impl Bar {
    /// A bar that is never shown if `quiet`. Ctrl-C stops the programs that run, and then this one.
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = indicatif::ProgressBar::hidden();
        let mut programs = Programs::installed();
        // Who ends the group of this process ends them.
        programs.shared_group = crate::guard::is_inside();
        let cancel = Arc::clone(&programs.cancel);
        // Without a handler the signal ends the program at once, and leaves what it started.
        let _ = ctrlc::set_handler(move || {
            cancel.store(true, Ordering::Relaxed);
            std::thread::sleep(GRACE);
            // Nothing was started, or it does not end.
            std::process::exit(130);
        });
        if !quiet && std::io::stderr().is_terminal() {
            let (shown, started) = (bar.clone(), Instant::now());
            programs.progress = Some(Arc::new(move |part: f64| {
                if shown.length().is_none() && started.elapsed() >= PATIENCE {
                    shown.set_length(STEPS);
                    shown.set_draw_target(indicatif::ProgressDrawTarget::stderr());
                    if let Ok(style) = indicatif::ProgressStyle::with_template("{wide_bar} {percent} % {eta}") {
                        shown.set_style(style);
                    }
                }
                shown.set_position((part.clamp(0.0, 1.0) * STEPS as f64) as u64);
            }));
        }
        Self { bar, programs }
    }

    /// The programs that may be started.
    pub(crate) fn programs(&self) -> Programs {
        self.programs.clone()
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
