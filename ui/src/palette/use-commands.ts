// Everything that the palette offers on the page that it was opened on.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { statusQuery } from '../api/queries.ts'
import type { SchemaNodeItem } from '../api/schema.d.ts'
import { RANGE_NAMES, RANGES } from '../api/time-range.ts'
import { type Handlers, handlersNow } from '../app/hotkeys.ts'
import { paths, serviceParams } from '../app/paths.ts'
import { SHORTCUTS, shownKeys } from '../app/shortcuts.ts'
import { useTenant } from '../app/tenant.ts'
import { THEMES, type Theme, theme } from '../app/theme.ts'
import { nodeName } from '../graph/signal-text.ts'
import type { Command } from './command.ts'
import { meshQuery } from './mesh-query.ts'

const THEME_WORDS: Record<Theme, string> = { system: 'As the system', dark: 'Dark', light: 'Light' }
/** The tenant of a request that names none. */
const DEFAULT_TENANT = 'default'

export function useCommands(handlers: Handlers): { commands: Command[]; isLoading: boolean } {
  const { data: mesh, isPending } = useQuery(meshQuery(useTenant()))
  const commands = [
    ...actionCommands(handlers),
    ...useMeshCommands(mesh?.nodes ?? []),
    // A page without a time range has none to choose.
    ...useTimeCommands(handlers.timeBack !== undefined),
    ...THEMES.map(name => ({
      id: `theme ${name}`,
      title: `Theme: ${THEME_WORDS[name].toLowerCase()}`,
      group: 'Settings',
      run: () => theme.keep(name),
    })),
    ...useTenantCommands(),
  ]
  return { commands, isLoading: isPending }
}

/** What keys do here, pages among it. One key of many, such as a level or a tab, is no command; nor is what is open. */
export function actionCommands(handlers: Handlers): Command[] {
  return Object.entries(SHORTCUTS).flatMap(([id, { group, keys, words }]) => {
    const isHere = Object.hasOwn(handlers, id) && id !== 'palette' && id !== 'tab'
    if (!isHere || keys.length > 3) return []
    const run = () => {
      const now = handlersNow()
      const [, handler] = Object.entries(now).find(([action]) => action === id) ?? []
      handler?.(keys[0])
    }
    const title = id.startsWith('go') ? words.replace(/^Go to (the )?/, '') : words
    return [
      {
        id: `action ${id}`,
        title: capital(title),
        group: id.startsWith('go') ? 'Pages' : group,
        keys: shownKeys(keys[0]),
        run,
      },
    ]
  })
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function useMeshCommands(nodes: readonly SchemaNodeItem[]): Command[] {
  const navigate = useNavigate()
  const namespaces = [...new Set(nodes.flatMap(({ namespace }) => namespace ?? []))].sort()
  return [
    ...nodes.flatMap(node => {
      const { id, kind, namespace, name } = node
      const title = nodeName(node)
      const words = namespace ?? kind
      const isService = kind === 'service' || kind === 'gateway'
      const focus: Command = {
        id: `focus ${id}`,
        title: isService ? `${title} in the topology` : title,
        group: 'Topology',
        words,
        run: () => void navigate({ to: paths.topology, search: { focus: id, node: id } }),
      }
      if (!isService) return [focus]
      const open: Command = {
        id: `service ${id}`,
        title,
        group: 'Service',
        words,
        run: () => void navigate({ to: paths.service, params: serviceParams({ namespace, name }) }),
      }
      return [open, focus]
    }),
    ...namespaces.map(namespace => ({
      id: `namespace ${namespace}`,
      title: namespace,
      group: 'Namespace',
      run: () => void navigate({ to: paths.topology, search: { namespace } }),
    })),
  ]
}

function useTimeCommands(isOffered: boolean): Command[] {
  const navigate = useNavigate()
  if (!isOffered) return []
  return RANGE_NAMES.map(range => ({
    id: `range ${range}`,
    title: RANGES[range].words,
    group: 'Time',
    run: () =>
      void navigate({ to: '.', search: search => ({ ...search, start: undefined, end: undefined, range }) }),
  }))
}

function useTenantCommands(): Command[] {
  const navigate = useNavigate()
  const known = useQuery(statusQuery()).data?.tenants ?? []
  if (known.length < 2) return []
  return known.map(name => ({
    id: `tenant ${name}`,
    title: `Tenant: ${name}`,
    group: 'Settings',
    run: () =>
      void navigate({
        to: '.',
        search: search => ({ ...search, tenant: name === DEFAULT_TENANT ? undefined : name }),
      }),
  }))
}
