//! All that anybody logs in this process, at the most talkative level.

use std::io::{self, Write};
use std::sync::{LazyLock, Mutex};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Begins to listen, to `tracing` and to `log`, on every thread. Call it before anything else.
pub(crate) fn listen() {
    static LISTENING: LazyLock<()> = LazyLock::new(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(Everything)
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log::set_logger(&Everything).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    LazyLock::force(&LISTENING);
}

/// What has been logged since the process began.
pub(crate) fn text() -> String {
    String::from_utf8_lossy(&LOGGED.lock().unwrap()).into_owned()
}

static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Everything;

impl Write for Everything {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Everything {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

impl log::Log for Everything {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!(
            "{} {}: {}\n",
            record.level(),
            record.target(),
            record.args()
        );
        LOGGED.lock().unwrap().extend_from_slice(line.as_bytes());
    }

    fn flush(&self) {}
}
