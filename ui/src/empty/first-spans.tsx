// What a server without any span shows: how to send the first.

import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { readToken } from '../api/token.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import './empty.css'
import { addressesOf, snippetsOf } from './snippets.ts'

const INGEST = '/api/v1/ingest'

interface Props {
  tenant: string | undefined
  isLive: boolean
}

export function FirstSpans({ tenant, isLive }: Props) {
  const addresses = addressesOf(globalThis.location)
  // A link brings no token.
  const hasToken = readToken() !== null
  const snippets = snippetsOf(addresses, tenant, hasToken)
  return (
    <section className="first-spans">
      <h2>No spans have come yet</h2>
      <p>
        Send traces with OTLP to <code>{addresses.grpc}</code> (gRPC) or <code>{addresses.http}</code> (HTTP,
        protobuf or JSON){tenant === undefined ? '' : ` as tenant ${tenant}`}.{' '}
        {isLive
          ? 'They appear here by themselves.'
          : 'Live updates are paused: resume them to see what comes.'}
      </p>
      <Tabs className="tabs">
        <TabList className="tabs__list" aria-label="Ways to send spans">
          {snippets.map(({ id, title }) => (
            <Tab key={id} id={id} className="tabs__tab">
              {title}
            </Tab>
          ))}
        </TabList>
        {snippets.map(({ id, words, text }) => (
          <TabPanel key={id} id={id} className="tabs__panel">
            <div className="snippet__head">
              <p>{words}</p>
              <CopyButton text={text} what="the text" label="Copy" />
            </div>
            <pre className="snippet" tabIndex={0}>
              {text}
            </pre>
          </TabPanel>
        ))}
      </Tabs>
      <p className="muted first-spans__note">
        4317 and 4318 are the ports of a server that was told no others by <code>listen.otlp_grpc</code> and{' '}
        <code>listen.otlp_http</code>; the file <code>endpoints.json</code> in its data directory has those in
        use. Who has sent what, and what was refused and why:{' '}
        {hasToken ? <code>{INGEST}</code> : <a href={INGEST}>{INGEST}</a>}.
      </p>
    </section>
  )
}
