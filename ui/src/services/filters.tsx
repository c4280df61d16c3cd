// What narrows the list of services.

import { type Ref, useState } from 'react'
import { Choice } from '../ui/choice.tsx'

interface FindProps {
  find: string | undefined
  inputRef: Ref<HTMLInputElement>
  onFind: (find: string) => void
  /** Who typed wants the first that was found. */
  onDone: () => void
}

export function FindField({ find, inputRef, onFind, onDone }: FindProps) {
  // What is typed: the URL has it without spaces around it, and a moment later. So while somebody is in the field, it is
  // theirs; else it follows the URL.
  const [typed, setTyped] = useState(find ?? '')
  const [isTyping, setTyping] = useState(false)
  if (!isTyping && typed.trim() !== (find ?? '')) setTyped(find ?? '')
  return (
    <input
      ref={inputRef}
      type="search"
      className="field services-find"
      aria-label="Find a service"
      placeholder="Find a service  /"
      value={typed}
      onFocus={() => setTyping(true)}
      onBlur={() => setTyping(false)}
      onChange={({ currentTarget: { value } }) => {
        setTyped(value)
        onFind(value)
      }}
      onKeyDown={event => {
        if (event.key !== 'Enter' && event.key !== 'ArrowDown') return
        event.preventDefault()
        onDone()
      }}
    />
  )
}

interface NamespaceProps {
  namespace: string | undefined
  namespaces: readonly string[]
  onChoose: (namespace: string | undefined) => void
}

/** No namespace has this name. */
const ALL = ''

export function NamespaceChoice({ namespace, namespaces, onChoose }: NamespaceProps) {
  // One that has no service now is still what was chosen.
  const known = namespace === undefined || namespaces.includes(namespace) ? [] : [namespace]
  const options = [ALL, ...namespaces, ...known]
  return (
    <Choice
      label="Namespace"
      value={namespace ?? ALL}
      options={options.map(id => ({ id, words: id || 'All namespaces' }))}
      onChoose={id => onChoose(id === ALL ? undefined : id)}
    />
  )
}
