//! `usher serve`: listens, sweeps, sends mails, and stops gracefully.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::histogram;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use usher_app::{App, entropy};
use usher_http::{Introduced, Peer, Proxies};

use super::Error;
use crate::engine::Purpose;
use crate::mail::{SmtpMailer, Templates};
use crate::settings::Settings;
use crate::tls::{self, TlsListener};
use crate::{engine, telemetry};

/// A server that is wired but does not serve yet.
pub struct Server {
    /// The application.
    pub app: Arc<App>,
    /// Where it will be reached on this machine.
    pub address: SocketAddr,
    listener: TcpListener,
    settings: Settings,
    mailer: Option<Arc<SmtpMailer>>,
    templates: Templates,
    tls: Option<TlsAcceptor>,
    metrics: PrometheusHandle,
    signals: Signals,
}

/// Serves until it is told to stop.
pub async fn run(settings: Settings) -> Result<ExitCode, Error> {
    telemetry::start(&settings)?;
    let server = Server::wire(settings).await?;
    println!("usher: listening on {}", server.url());
    server.serve().await?;
    Ok(ExitCode::SUCCESS)
}

impl Server {
    /// Opens the store, takes the port, puts the parts together.
    pub async fn wire(mut settings: Settings) -> Result<Server, Error> {
        settings.sandbox = Some(settings.sandbox.unwrap_or(false));
        let store = engine::open(&settings, Purpose::Serve).await?;
        #[cfg(feature = "planted-fault")]
        let store = engine::with_fault(store)?;
        let listener = TcpListener::bind(settings.listen)
            .await
            .map_err(|e| Error::Settings(format!("can't listen on {}: {e}", settings.listen)))?;
        let address = listener.local_addr()?;
        settings.app.public_url = settings.public_url(address);
        let templates = Templates::read_from(settings.mail_templates.as_deref())?;
        let mailer = match &settings.smtp_url {
            None => None,
            Some(url) => Some(Arc::new(SmtpMailer::new(
                url,
                &settings,
                templates.clone(),
            )?)),
        };
        if mailer.is_none() && !store.is_sandbox() {
            tracing::warn!("no mail server is set (smtp_url): mails wait until one is");
        }
        let tls = match &settings.tls {
            None => None,
            Some((certificate, key)) => Some(tls::acceptor(certificate, key)?),
        };
        let app = App::new(store, settings.app.clone(), Arc::new(entropy::System));
        tracing::info!(
            %address,
            engine = app.store.engine(),
            sandbox = app.store.is_sandbox(),
            "usher {} serves", env!("CARGO_PKG_VERSION")
        );
        Ok(Server {
            app,
            address,
            listener,
            settings,
            mailer,
            templates,
            tls,
            metrics: telemetry::gather()?,
            signals: Signals::heed()?,
        })
    }

    /// Where it is reached on this machine.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves until SIGINT or SIGTERM; then lets what is under way finish.
    pub async fn serve(self) -> Result<(), Error> {
        let (stop, stopping) = watch::channel(false);
        let mut signals = self.signals;
        let (templates, metrics) = (self.templates, self.metrics.clone());
        let options = usher_http::HttpOptions {
            sandbox: self.app.store.is_sandbox(),
            public_url: self.app.settings.public_url.clone(),
            trusted_proxies: Proxies::new(self.settings.trusted_proxies.clone()),
            metrics: Some(self.metrics.clone()),
            stopping: stopping.clone(),
            mail_text: Arc::new(move |mail| templates.read(mail)),
            ..usher_http::HttpOptions::default()
        };
        let router = usher_http::router(self.app.clone(), options)
            .into_make_service_with_connect_info::<Peer>();
        let every = Duration::from_secs(u64::from(self.settings.sweep_seconds.max(1)));
        let sweeps = tokio::spawn(sweep(self.app.clone(), metrics, every, stopping.clone()));
        let mails = tokio::spawn(send(self.app.clone(), self.mailer, stopping.clone()));

        let limit = Duration::from_secs(u64::from(self.settings.stop_seconds));
        let mut told = stopping.clone();
        let told = async move {
            // An error means that the sender is gone, which is a reason to stop as well.
            let _ = told.wait_for(|stop| *stop).await;
        };
        let listener = usher_http::Listener::new(self.listener);
        let served = match self.tls {
            None => {
                let serve = axum::serve(Introduced(listener), router).with_graceful_shutdown(told);
                tokio::spawn(serve.into_future())
            }
            Some(acceptor) => {
                let listener = TlsListener::new(listener, acceptor, self.address);
                let serve = axum::serve(Introduced(listener), router).with_graceful_shutdown(told);
                tokio::spawn(serve.into_future())
            }
        };
        signals.any().await;
        tracing::info!("stopping");
        let _ = stop.send(true);
        if tokio::time::timeout(limit, served).await.is_err() {
            tracing::warn!("some requests were still under way and are cut off");
        }
        let _ = tokio::join!(sweeps, mails);
        Ok(())
    }
}

/// SIGTERM and SIGINT, heard from the moment on in which this is made.
struct Signals([Signal; 2]);

impl Signals {
    fn heed() -> std::io::Result<Signals> {
        let [terminate, interrupt] = [SignalKind::terminate(), SignalKind::interrupt()];
        Ok(Signals([signal(terminate)?, signal(interrupt)?]))
    }

    async fn any(&mut self) {
        let [terminate, interrupt] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

async fn sweep(
    app: Arc<App>,
    metrics: PrometheusHandle,
    every: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    while !pause(every, &mut stopping).await {
        let began = Instant::now();
        match app.sweep().await {
            Ok(_) => histogram!("usher_sweep_duration_seconds").record(began.elapsed()),
            Err(error) => tracing::warn!(%error, "a sweep failed; the next one tries again"),
        }
        if let Err(error) = app.keep_keys().await {
            tracing::warn!(%error, "the signing keys could not be looked after");
        }
        if let Err(error) = app.forget().await {
            tracing::warn!(%error, "what has had its time could not be forgotten");
        }
        metrics.run_upkeep();
    }
}

async fn send(app: Arc<App>, mailer: Option<Arc<SmtpMailer>>, mut stopping: watch::Receiver<bool>) {
    if mailer.is_none() && !app.store.is_sandbox() {
        return;
    }
    let mailer = mailer
        .as_deref()
        .map(|m| m as &dyn usher_app::outbox::Mailer);
    while !pause(Duration::from_secs(1), &mut stopping).await {
        if let Err(error) = app.send_due_mail(mailer).await {
            tracing::warn!(%error, "mails could not be sent; they wait");
        }
    }
}

/// Waits; says whether it is time to stop.
async fn pause(time: Duration, stopping: &mut watch::Receiver<bool>) -> bool {
    let stop = stopping.wait_for(|stop| *stop);
    tokio::time::timeout(time, stop).await.is_ok()
}
