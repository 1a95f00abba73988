//! The program: reads the options, starts the app with or without a load
//! balancer of its own, and stops it again.

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, error::ErrorKind};
use sample_ui::behind_alb;
use sample_ui::embedded::Embedded;
use sample_ui::options::{Arguments, CLIENT_SECRET, Options};
use tokio::signal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Arguments::parse().into_options(std::env::var(CLIENT_SECRET).ok()) {
        Ok(options) => options,
        Err(error) => Arguments::command()
            .error(ErrorKind::MissingRequiredArgument, error)
            .exit(),
    };
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    match options {
        Options::Embedded(options) => {
            let embedded = Embedded::start(options).await?;
            let mut stdout = std::io::stdout();
            // Whoever closed our standard output does not want to read it.
            let _ = writeln!(stdout, "{embedded}").and_then(|()| stdout.flush());
            stop_signal().await?;
            embedded.shutdown().await;
        }
        Options::BehindAlb(options) => {
            let framework = options.framework;
            let server = behind_alb::start(options)?;
            tracing::info!(address = %server.address(), %framework, "listening; only requests with a token of the load balancer get in");
            stop_signal().await?;
            server.shutdown().await;
        }
    }
    Ok(())
}

/// Ctrl-C, or what Kubernetes sends a pod that shall end.
async fn stop_signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    signal::ctrl_c().await
}
