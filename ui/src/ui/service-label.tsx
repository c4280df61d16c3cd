// A service's name beside its colour.

import { type ServiceName, UNNAMED } from './service-colour.ts'

export function Swatch({ colour }: { colour: string | undefined }) {
  return <span className="swatch" style={{ background: colour ?? 'var(--idle)' }} aria-hidden="true" />
}

export function ServiceText({ service }: { service: ServiceName }) {
  return service === null ? <em className="muted">{UNNAMED}</em> : service
}
