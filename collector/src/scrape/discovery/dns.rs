//! Targets that DNS names. Source: Prometheus' documentation of `dns_sd_config`.
//!
//! The resolver is hickory's: the one of the operating system knows only addresses, and SRV records are what services are
//! named by.

use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolverOpts;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{RData, RecordType};
use tokio::time::sleep;

use super::{Group, Groups};
use crate::scrape::config::discovery::{DNS_REFRESH_INTERVAL, DnsSdConfig, DnsType};
use crate::scrape::relabel::LabelSet;
use crate::scrape::target::name::ADDRESS;

const NAME: &str = "__meta_dns_name";
const SRV_TARGET: &str = "__meta_dns_srv_record_target";
const SRV_PORT: &str = "__meta_dns_srv_record_port";
const MX_TARGET: &str = "__meta_dns_mx_record_target";
const NS_TARGET: &str = "__meta_dns_ns_record_target";

pub(super) async fn run(config: DnsSdConfig, groups: Groups) {
    let interval = config.refresh_interval.unwrap_or(DNS_REFRESH_INTERVAL).get();
    loop {
        // Made anew each time, since the system's configuration may have changed.
        match system_resolver() {
            Ok(resolver) => refresh(&config, &resolver, &groups).await,
            Err(problem) => groups.failed("", problem),
        }
        sleep(interval).await;
    }
}

fn system_resolver() -> Result<TokioResolver, String> {
    let failed = |error| format!("failed to set up the resolver of names: {error}");
    let mut builder = TokioResolver::builder_tokio().map_err(failed)?;
    uncached(builder.options_mut());
    builder.build().map_err(failed)
}

/// Answers are asked for as often as the configuration says.
fn uncached(options: &mut ResolverOpts) {
    options.cache_size = 0;
}

/// Looks all names up once. One that fails keeps the targets it had; one that does not exist has none.
async fn refresh(config: &DnsSdConfig, resolver: &TokioResolver, groups: &Groups) {
    groups.healed("");
    for name in &config.names {
        match look_up(config, resolver, name).await {
            Ok(targets) => {
                let labels = [(NAME, name.as_str())].into_iter().collect();
                groups.set(name, Some(Group { source: name.clone(), targets, labels }));
            }
            Err(error) => {
                groups.failed(name, format!("failed to look up {} of {name}: {error}", record_type(config.record)))
            }
        }
    }
}

async fn look_up(config: &DnsSdConfig, resolver: &TokioResolver, name: &str) -> Result<Vec<LabelSet>, NetError> {
    let found = match resolver.lookup(name, record_type(config.record)).await {
        Ok(found) => found,
        Err(NetError::Dns(DnsError::NoRecordsFound(_))) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let port = config.port.unwrap_or(0);
    // Others come along: an answer shows the aliases that it followed.
    Ok(found.answers().iter().filter_map(|record| target(&record.data, port)).collect())
}

fn record_type(record: DnsType) -> RecordType {
    match record {
        DnsType::Srv => RecordType::SRV,
        DnsType::A => RecordType::A,
        DnsType::Aaaa => RecordType::AAAA,
        DnsType::Mx => RecordType::MX,
        DnsType::Ns => RecordType::NS,
    }
}

fn target(data: &RData, port: u16) -> Option<LabelSet> {
    let mut labels = LabelSet::default();
    let address = match data {
        RData::A(address) => format!("{address}:{port}"),
        RData::AAAA(address) => format!("[{address}]:{port}"),
        RData::SRV(service) => {
            labels.set(SRV_TARGET, service.target.to_string());
            labels.set(SRV_PORT, service.port.to_string());
            host_port(&service.target.to_string(), service.port)
        }
        RData::MX(exchange) => {
            labels.set(MX_TARGET, exchange.exchange.to_string());
            host_port(&exchange.exchange.to_string(), port)
        }
        RData::NS(server) => {
            labels.set(NS_TARGET, server.0.to_string());
            host_port(&server.0.to_string(), port)
        }
        _ => return None,
    };
    labels.set(ADDRESS, address);
    Some(labels)
}

fn host_port(name: &str, port: u16) -> String {
    format!("{}:{port}", name.trim_end_matches('.'))
}

#[cfg(test)]
mod tests;
