// Where this server is reached: the ports that it told of, on the host that people say. What a server listens on is not what
// others reach it by: a wildcard or loopback address is of no use from elsewhere.

import type { SchemaListenerItem, SchemaListenerProtocol } from '../api/schema.d.ts'

export interface Door {
  host: string
  port: number
  tls: boolean
}

export interface Target {
  host: string
  grpc: Door
  http: Door
  zipkin: Door
  api: Door
  /** Named to the server by each sender; undefined is its default. */
  tenant: string | undefined
  hasToken: boolean
}

/** Of a server that was told no others and does not tell. */
const PORTS: Record<SchemaListenerProtocol, number> = {
  otlp_grpc: 4317,
  otlp_http: 4318,
  zipkin: 9411,
  api: 4300,
}

interface Known {
  host: string
  listeners: readonly SchemaListenerItem[]
  tenant: string | undefined
  /** Whether the browser needed a token to get here. */
  hasToken: boolean
  /** Whether the page came by TLS, which a server has for all its ports or for none. */
  isSecure: boolean
}

export function targetOf({ host, listeners, tenant, hasToken, isSecure }: Known): Target {
  const doorOf = (protocol: SchemaListenerProtocol): Door => {
    const listener = listeners.find(item => item.protocol === protocol)
    return {
      host,
      port: (listener && portOf(listener.address)) ?? PORTS[protocol],
      tls: listener?.tls ?? isSecure,
    }
  }
  return {
    host,
    grpc: doorOf('otlp_grpc'),
    http: doorOf('otlp_http'),
    zipkin: doorOf('zipkin'),
    api: doorOf('api'),
    tenant,
    hasToken: hasToken || listeners.some(({ token }) => token),
  }
}

function portOf(address: string): number | undefined {
  const [, digits] = /:(\d{1,5})$/.exec(address) ?? []
  return digits === undefined ? undefined : Number(digits)
}

export function hostPort({ host, port }: Door): string {
  return `${host}:${port}`
}

export function urlOf(door: Door): string {
  return `${door.tls ? 'https' : 'http'}://${hostPort(door)}`
}

const NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i
const V4 = /^\d{1,3}(\.\d{1,3}){3}$/
const V6 = /^\[[0-9a-f:.]+\]$/i

/** A host as it stands in a URL, an IPv6 address in brackets; null if it is none. */
export function readHost(text: string): string | null {
  const host = text.trim()
  const bracketed =
    !host.startsWith('[') && /^[0-9a-f.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(host) ? `[${host}]` : host
  return NAME.test(bracketed) || V6.test(bracketed) ? bracketed : null
}

export function isAddress(host: string): boolean {
  return V4.test(host) || V6.test(host)
}

/** An IPv6 address without the brackets that URLs need. */
export function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host) || bareHost(host) === '::1'
}

/** Those of the ports for spans that only this machine reaches. */
export function loopbackOnly(listeners: readonly SchemaListenerItem[]): SchemaListenerItem[] {
  return listeners.filter(({ address }) => isLoopback(address.replace(/:\d+$/, '')))
}
