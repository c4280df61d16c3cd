//! The file by which `kubectl` knows clusters. Source: kubernetes.io, "Client Authentication" and "kubeconfig (v1)".
//!
//! Programs that fetch credentials (`exec`, `auth-provider`) are not run: a service has an account and a token.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;

use super::access::Access;
use crate::scrape::client::read_file;
use crate::scrape::config::client::{Authorization, BasicAuth, ClientConfig, TlsConfig};
use crate::scrape::config::secret::Secret;

const FILE_BYTES_MAX: u64 = 4 << 20;

/// What is read of the file; it has more, which is for others.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct File {
    current_context: String,
    contexts: Vec<NamedContext>,
    clusters: Vec<NamedCluster>,
    users: Vec<NamedUser>,
}

#[derive(Debug, Deserialize)]
struct NamedContext {
    name: String,
    context: Context,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    cluster: String,
    user: String,
    namespace: Option<String>,
}

#[derive(Debug, Deserialize)]
struct NamedCluster {
    name: String,
    cluster: Cluster,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Cluster {
    server: String,
    certificate_authority: Option<PathBuf>,
    certificate_authority_data: Option<String>,
    insecure_skip_tls_verify: bool,
    tls_server_name: Option<String>,
    proxy_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct NamedUser {
    name: String,
    user: User,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct User {
    token: Option<Secret>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_certificate_data: Option<String>,
    client_key: Option<PathBuf>,
    client_key_data: Option<Secret>,
    username: Option<String>,
    password: Option<Secret>,
    exec: Option<IgnoredAny>,
    auth_provider: Option<IgnoredAny>,
}

/// Reads the file's current context.
///
/// # Errors
/// What is missing or wrong in which file.
pub(super) async fn read(path: &Path) -> Result<Access, String> {
    let text = read_file(path, FILE_BYTES_MAX).await?;
    let directory = path.parent().unwrap_or(Path::new(""));
    parse(&text, directory).map_err(|problem| format!("failed to read {}: {problem}", path.display()))
}

/// Paths in the text begin in `directory`.
fn parse(text: &str, directory: &Path) -> Result<Access, String> {
    let file: File = serde_saphyr::from_str(text).map_err(|error| error.without_snippet().to_string())?;
    let current = &file.current_context;
    let context = file.contexts.iter().find(|context| context.name == *current);
    let context =
        &context.ok_or_else(|| format!("current-context is {current:?}, which is not among contexts"))?.context;
    let cluster = file.clusters.iter().find(|cluster| cluster.name == context.cluster);
    let cluster = &cluster.ok_or_else(|| format!("cluster {:?} is not among clusters", context.cluster))?.cluster;
    let default = User::default();
    let user = file.users.iter().find(|user| user.name == context.user).map_or(&default, |user| &user.user);
    let server = &cluster.server;
    Ok(Access {
        server: Url::parse(server).map_err(|error| format!("server is {server:?}: {error}"))?,
        client: client(cluster, user, directory)?,
        namespace: context.namespace.clone(),
    })
}

fn client(cluster: &Cluster, user: &User, directory: &Path) -> Result<ClientConfig, String> {
    if user.exec.is_some() || user.auth_provider.is_some() {
        return Err("exec and auth-provider are not supported, a token or a certificate is needed".to_owned());
    }
    if cluster.tls_server_name.is_some() {
        return Err("tls-server-name is not supported".to_owned());
    }
    let file = |path: &Option<PathBuf>| path.as_ref().map(|path| directory.join(path));
    let key_data = user.client_key_data.as_ref().map(Secret::reveal);
    let mut tls = TlsConfig {
        ca: decoded("certificate-authority-data", cluster.certificate_authority_data.as_deref())?,
        cert: decoded("client-certificate-data", user.client_certificate_data.as_deref())?,
        key: decoded("client-key-data", key_data)?.map(Secret::new),
        insecure_skip_verify: cluster.insecure_skip_tls_verify,
        ..TlsConfig::default()
    };
    // Data win over files.
    tls.ca_file = file(&cluster.certificate_authority).filter(|_| tls.ca.is_none());
    tls.cert_file = file(&user.client_certificate).filter(|_| tls.cert.is_none());
    tls.key_file = file(&user.client_key).filter(|_| tls.key.is_none());
    let config = ClientConfig {
        basic_auth: user.username.as_ref().map(|username| BasicAuth {
            username: Some(username.clone()),
            password: user.password.clone(),
            ..BasicAuth::default()
        }),
        authorization: authorization(user, directory),
        tls_config: Some(tls),
        proxy_url: cluster.proxy_url.clone(),
        ..ClientConfig::default()
    };
    config.validate().map(|()| config)
}

/// A file of a token wins, for it may change.
fn authorization(user: &User, directory: &Path) -> Option<Authorization> {
    let credentials_file = user.token_file.as_ref().map(|path| directory.join(path));
    let credentials = user.token.clone().filter(|_| credentials_file.is_none());
    let is_any = credentials.is_some() || credentials_file.is_some();
    is_any.then_some(Authorization { scheme: None, credentials, credentials_file })
}

fn decoded(key: &str, data: Option<&str>) -> Result<Option<String>, String> {
    let Some(data) = data else { return Ok(None) };
    let bytes = BASE64_STANDARD.decode(data.trim()).map_err(|error| format!("{key} is no base64: {error}"))?;
    String::from_utf8(bytes).map(Some).map_err(|_| format!("{key} is no PEM"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
apiVersion: v1
kind: Config
preferences: {}
current-context: dev
contexts:
  - {name: other, context: {cluster: x, user: y}}
  - {name: dev, context: {cluster: c, user: u, namespace: shop}}
clusters:
  - {name: c, cluster: {server: 'https://k8s:6443', certificate-authority-data: UEVN}}
users:
  - {name: u, user: {USER}}
";

    fn check(user: &str) -> Result<Access, String> {
        parse(&FILE.replace("USER", user), Path::new("/etc/kube"))
    }

    #[test]
    fn the_current_context_names_cluster_and_user() {
        let access = check("token: abc").unwrap();
        assert_eq!((access.server.as_str(), access.namespace.as_deref()), ("https://k8s:6443/", Some("shop")));
        assert_eq!(access.client.authorization.unwrap().credentials.unwrap().reveal(), "abc");
        assert_eq!(access.client.tls_config.unwrap().ca.as_deref(), Some("PEM"));
    }

    #[test]
    fn paths_begin_beside_the_file() {
        let tls = check("client-certificate: c.pem, client-key: /k.pem").unwrap().client.tls_config.unwrap();
        assert_eq!(tls.cert_file.as_deref(), Some(Path::new("/etc/kube/c.pem")));
        assert_eq!(tls.key_file.as_deref(), Some(Path::new("/k.pem")));
        let token = check("token: a, tokenFile: t").unwrap().client.authorization.unwrap();
        assert_eq!((token.credentials, token.credentials_file.as_deref()), (None, Some(Path::new("/etc/kube/t"))));
    }

    #[test]
    fn what_cannot_be_is_named() {
        assert!(check("exec: {command: aws}").unwrap_err().contains("exec"));
        assert!(check("client-key-data: '!'").unwrap_err().contains("client-key-data is no base64"));
        assert!(parse("current-context: x", Path::new("")).unwrap_err().contains("current-context is \"x\""));
    }
}
