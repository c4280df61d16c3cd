// How to connect what sends and what asks: snippets with this server's addresses, and whether anything arrives.

import { getRouteApi, Link } from '@tanstack/react-router'
import { paths } from '../app/paths.ts'
import { HostField } from './host-field.tsx'
import { LiveCheck } from './live-check.tsx'
import './connect.css'
import type { Target } from './target.ts'
import { Targets } from './targets.tsx'
import { useTarget } from './use-target.ts'
import type { Way } from './way.ts'
import { VariantView } from './way-view.tsx'
import { GROUPS, WAY_IDS, WAYS, type WayId } from './ways.ts'

const route = getRouteApi(paths.connect)

export function ConnectPage() {
  const { to, via, live } = route.useSearch()
  const { target, listeners, isChosen, isSettled } = useTarget()
  const refresh = live === 'off' ? 'paused' : 'live'
  const id = WAY_IDS.find(name => name === to) ?? 'collector'
  return (
    <div className="connect">
      <title>Connect · Spanloom</title>
      <h1>Connect</h1>
      <LiveCheck refresh={refresh} />
      <Targets refresh={refresh} />
      {isSettled ? <HostField target={target} listeners={listeners} isChosen={isChosen} /> : null}
      <div className="connect__body">
        <Ways chosen={id} />
        {isSettled ? (
          <Chosen id={id} via={via} target={target} />
        ) : (
          <span className="skeleton connect__skeleton" />
        )}
      </div>
    </div>
  )
}

function Ways({ chosen }: { chosen: WayId }) {
  return (
    <nav className="connect__ways" aria-label="Ways to connect">
      {GROUPS.map(group => (
        <section key={group}>
          <h2 className="connect__group">{group}</h2>
          <ul>
            {WAY_IDS.filter(id => WAYS[id].group === group).map(id => (
              <li key={id}>
                <Link
                  to={paths.connect}
                  search={{ to: id }}
                  className="connect__way"
                  resetScroll={false}
                  activeProps={{}}
                  aria-current={id === chosen ? 'page' : undefined}
                >
                  {WAYS[id].title}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  )
}

function Chosen({ id, via, target }: { id: WayId; via: string | undefined; target: Target }) {
  const { title, wayOf } = WAYS[id]
  const { variants }: Way = wayOf(target)
  const variant = variants.find(({ id }) => id === via) ?? variants[0]
  return (
    <section className="connect__chosen" aria-labelledby="connect-chosen">
      <h2 id="connect-chosen">{title}</h2>
      {variants.length === 1 ? null : (
        <nav className="connect__variants" aria-label={`By which means: ${title}`}>
          {variants.map(({ id: name, title: words }, index) => (
            <Link
              key={name}
              to={paths.connect}
              search={{ to: id, via: index === 0 ? undefined : name }}
              className="button"
              resetScroll={false}
              activeOptions={{ exact: true }}
              aria-current={name === variant.id ? 'true' : undefined}
            >
              {words}
            </Link>
          ))}
        </nav>
      )}
      <VariantView variant={variant} />
    </section>
  )
}
