// One field for everything: pages, services, a trace by its id, time, settings, and what keys do here. The browser's own
// dialog keeps the focus in, and gives it back when it closes.

import { useNavigate } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import type { Handlers } from '../app/hotkeys.ts'
import { paths } from '../app/paths.ts'
import { kept } from '../ui/kept.ts'
import { type Command, type Found, found, readRecent, traceIdIn, withRecent } from './command.ts'
import './palette.css'
import { useCommands } from './use-commands.ts'

const recent = kept('palette-recent')

interface Props {
  /** What could be done when it was opened: in it nothing listens. */
  handlers: Handlers
  onClose: () => void
}

export default function Palette({ handlers, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const { commands, isLoading } = useCommands(handlers)
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal()
  }, [])
  // Not by the dialog's own event, which comes later: it might close one that was opened anew.
  const close = () => {
    dialog.current?.close()
    onClose()
  }
  const run = (command: Command) => {
    recent.keep(JSON.stringify(withRecent(readRecent(recent.read()), command.id)))
    // First the focus goes back to where it was: a command may move it.
    close()
    command.run()
  }
  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Search everything"
      onCancel={close}
      onClick={event => {
        if (event.target === event.currentTarget) close()
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') close()
      }}
    >
      <Chooser commands={commands} isLoading={isLoading} onRun={run} />
    </dialog>
  )
}

interface ChooserProps {
  commands: readonly Command[]
  /** Whether services may still come. */
  isLoading: boolean
  onRun: (command: Command) => void
}

function Chooser({ commands, isLoading, onRun }: ChooserProps) {
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const trace = useTraceCommand(query)
  const shown = [...trace, ...found(query, commands, readRecent(recent.read()))]
  const chosen = Math.min(at, shown.length - 1)
  const optionId = (index: number) => `${id}-${index}`
  useEffect(() => {
    document.getElementById(`${id}-${chosen}`)?.scrollIntoView({ block: 'nearest' })
  }, [id, chosen])
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = STEPS[event.key]
    if (step !== undefined && shown.length > 0) {
      event.preventDefault()
      setAt((chosen + step + shown.length) % shown.length)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      const command = shown[chosen]?.command
      if (command !== undefined) onRun(command)
    }
  }
  return (
    <>
      <div className="palette__field">
        <Search size={16} aria-hidden="true" />
        <input
          // biome-ignore lint/a11y/noAutofocus: it is what the dialog was opened for
          autoFocus
          role="combobox"
          aria-label="Search everything"
          aria-expanded="true"
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={shown.length === 0 ? undefined : optionId(chosen)}
          autoComplete="off"
          spellCheck={false}
          placeholder="A page, a service, a trace id, a setting"
          value={query}
          onChange={({ currentTarget: { value } }) => {
            setQuery(value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={id} className="palette__list" role="listbox" aria-label="What can be done">
        {shown.map(({ command, ranges }, index) => (
          <div
            key={command.id}
            id={optionId(index)}
            className="option palette__option"
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onMouseMove={() => setAt(index)}
            onMouseDown={event => {
              event.preventDefault()
              onRun(command)
            }}
          >
            <span className="palette__title">
              <Marked text={command.title} ranges={ranges} />
            </span>
            {command.words === undefined ? null : <span className="muted">{command.words}</span>}
            <span className="palette__group muted">{command.group}</span>
            {command.keys === undefined ? null : <kbd className="key">{command.keys}</kbd>}
          </div>
        ))}
      </div>
      {isLoading ? <p className="palette__none muted">Services are loading</p> : null}
      {shown.length > 0 || isLoading ? null : (
        <p className="palette__none muted">Nothing fits. A trace id has 32 or 16 hexadecimal digits.</p>
      )}
      <p className="visually-hidden" role="status">
        {shown.length === 1 ? '1 result' : `${shown.length} results`}
      </p>
    </>
  )
}

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 }

function useTraceCommand(query: string): Found[] {
  const navigate = useNavigate()
  const traceId = traceIdIn(query)
  if (traceId === null) return []
  const command: Command = {
    id: 'trace',
    title: `Open the trace ${traceId}`,
    group: 'Trace',
    run: () => void navigate({ to: paths.trace, params: { traceId } }),
  }
  return [{ command, score: 0, ranges: [] }]
}

function Marked({ text, ranges }: { text: string; ranges: Found['ranges'] }) {
  const parts = ranges.map(([start, end], index) => (
    <span key={start}>
      {text.slice(ranges[index - 1]?.[1] ?? 0, start)}
      <b>{text.slice(start, end)}</b>
    </span>
  ))
  return (
    <>
      {parts}
      {text.slice(ranges.at(-1)?.[1] ?? 0)}
    </>
  )
}
