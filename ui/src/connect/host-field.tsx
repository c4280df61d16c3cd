// The host that snippets name, and what stands in the way of reaching it.

import { useState } from 'react'
import type { SchemaListenerItem } from '../api/schema.d.ts'
import { Banner } from '../ui/banner.tsx'
import { isLoopback, loopbackOnly, readHost, type Target } from './target.ts'
import { keepHost } from './use-target.ts'

interface Props {
  target: Target
  /** Undefined as long as the server has not told. */
  listeners: readonly SchemaListenerItem[] | undefined
  isChosen: boolean
}

export function HostField({ target, listeners, isChosen }: Props) {
  return (
    <section className="reach" aria-label="Where the server is">
      <div className="reach__line">
        <HostInput host={target.host} />
        {isChosen ? (
          <button type="button" className="button" onClick={() => keepHost(null)}>
            As this page was reached
          </button>
        ) : null}
        <Ports target={target} />
      </div>
      {listeners === undefined ? null : <Reach target={target} listeners={listeners} />}
    </section>
  )
}

function HostInput({ host }: { host: string }) {
  const [typed, setTyped] = useState({ text: host, of: host })
  if (typed.of !== host) setTyped({ text: host, of: host })
  const isWrong = readHost(typed.text) === null
  const change = (text: string) => {
    const read = readHost(text)
    setTyped({ text, of: read ?? typed.of })
    if (read !== null && read !== host) keepHost(read)
  }
  return (
    <label className="reach__host">
      Host for senders
      <input
        className="field mono"
        value={typed.text}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={isWrong}
        aria-describedby={isWrong ? 'reach-mistake' : undefined}
        onChange={({ currentTarget: { value } }) => change(value)}
      />
      {isWrong ? (
        <span id="reach-mistake" className="reach__mistake">
          A name or an address, without port
        </span>
      ) : null}
    </label>
  )
}

function Ports({ target: { grpc, http, zipkin, api, tenant, hasToken } }: { target: Target }) {
  const ports = [
    ['OTLP gRPC', grpc.port],
    ['OTLP HTTP', http.port],
    ['Zipkin', zipkin.port],
    ['API and UI', api.port],
  ] as const
  return (
    <dl className="reach__facts">
      {ports.map(([words, port]) => (
        <div key={words}>
          <dt>{words}</dt>
          <dd className="mono">{port}</dd>
        </div>
      ))}
      <div>
        <dt>TLS</dt>
        <dd>{grpc.tls ? 'yes' : 'no'}</dd>
      </div>
      <div>
        <dt>Token</dt>
        <dd>{hasToken ? 'needed' : 'none'}</dd>
      </div>
      {tenant === undefined ? null : (
        <div>
          <dt>Tenant</dt>
          <dd className="mono">{tenant}</dd>
        </div>
      )}
    </dl>
  )
}

function Reach({ target, listeners }: { target: Target; listeners: readonly SchemaListenerItem[] }) {
  const near = loopbackOnly(listeners)
  return (
    <>
      {near.length === 0 && isLoopback(target.host) ? (
        <Banner state="plain">
          {target.host} is each sender’s own machine: name a host that others reach this server by.
        </Banner>
      ) : null}
      {near.length === 0 ? null : (
        <Banner state={isLoopback(target.host) ? 'plain' : 'warn'}>
          <span>
            Only programs on the server’s machine reach it: it listens on loopback. To let others in, set{' '}
            <code>auth.token_file</code> and <code>tls</code>, then{' '}
            {near.map(({ protocol, address }, index) => (
              <span key={protocol}>
                {index === 0 ? '' : ', '}
                <code>
                  listen.{protocol}: 0.0.0.0:{address.replace(/^.*:/, '')}
                </code>
              </span>
            ))}
            .
          </span>
        </Banner>
      )}
      {target.hasToken ? (
        <p className="muted reach__note">
          <code>SPANLOOM_TOKEN</code> and <code>&lt;token&gt;</code> stand for what is in the file of{' '}
          <code>auth.token_file</code>.
        </p>
      ) : null}
      {target.grpc.tls ? (
        <p className="muted reach__note">
          Senders must trust the server’s certificate. One of an authority of your own is named by{' '}
          <code>OTEL_EXPORTER_OTLP_CERTIFICATE</code> (SDKs), <code>tls.ca_file</code> (Collector),{' '}
          <code>caCertificates</code> (Istio), <code>trusted_ca</code> (Envoy).
        </p>
      ) : null}
    </>
  )
}
