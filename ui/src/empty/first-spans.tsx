// What a server without any span shows: how to send the first, and where all the ways are.

import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { readToken } from '../api/token.ts'
import { paths } from '../app/paths.ts'
import { urlOf } from '../connect/target.ts'
import { useTarget } from '../connect/use-target.ts'
import { VariantView } from '../connect/way-view.tsx'
import { WAYS, type WayId } from '../connect/ways.ts'
import './empty.css'

const INGEST = '/api/v1/ingest'
const OFFERED: readonly WayId[] = ['curl', 'sdk', 'collector', 'envoy']

interface Props {
  tenant: string | undefined
  isLive: boolean
}

export default function FirstSpans({ tenant, isLive }: Props) {
  const { target, isSettled } = useTarget()
  const [chosen, setChosen] = useState<WayId>('curl')
  if (!isSettled) return null
  const [variant] = WAYS[chosen].wayOf(target).variants
  return (
    <section className="first-spans">
      <h2>No spans have come yet</h2>
      <p>
        Send traces with OTLP to <code>{urlOf(target.grpc)}</code> (gRPC) or <code>{urlOf(target.http)}</code>{' '}
        (HTTP, protobuf or JSON){tenant === undefined ? '' : ` as tenant ${tenant}`}.{' '}
        {isLive
          ? 'They appear here by themselves.'
          : 'Live updates are paused: resume them to see what comes.'}
      </p>
      <div className="first-spans__ways">
        <fieldset className="switcher">
          <legend className="visually-hidden">Ways to send spans</legend>
          {OFFERED.map(id => (
            <button
              key={id}
              type="button"
              className="button"
              aria-pressed={id === chosen}
              onClick={() => setChosen(id)}
            >
              {WAYS[id].title}
            </button>
          ))}
        </fieldset>
        <Link to={paths.connect} search={{ to: 'istio' }}>
          Istio, Linkerd, Consul and all other ways
        </Link>
      </div>
      <VariantView variant={variant} />
      <p className="muted first-spans__note">
        Who has sent what, and what was refused and why: <Link to={paths.connect}>Connect</Link>
        {readToken() === null ? (
          <>
            , or <a href={INGEST}>{INGEST}</a>
          </>
        ) : null}
        .
      </p>
    </section>
  )
}
