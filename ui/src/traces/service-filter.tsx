// Chooses the service whose traces are shown: one of the server's, or any text.

import { useQuery } from '@tanstack/react-query'
import { ChevronDown, X } from 'lucide-react'
import { type Ref, useState } from 'react'
import { Button, ComboBox, Group, Input, ListBox, ListBoxItem, Popover } from 'react-aria-components'
import { servicesQuery } from '../api/queries.ts'
import type { TimeRange } from '../api/time-range.ts'
import { useTenant } from '../app/tenant.ts'

interface Props {
  service: string | undefined
  range: TimeRange
  /** Names that are known without asking. */
  seen: string[]
  onChoose: (service: string | undefined) => void
  inputRef: Ref<HTMLInputElement>
}

export function ServiceFilter({ service, range, seen, onChoose, inputRef }: Props) {
  const [isAsked, setAsked] = useState(false)
  const known = useQuery({ ...servicesQuery(useTenant(), range), enabled: isAsked }).data ?? []
  const names = [...new Set([...seen, ...known])].sort()
  // With an option in focus Enter takes that; without one it takes the text.
  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>) => {
    if (event.key !== 'Enter' || event.currentTarget.hasAttribute('aria-activedescendant')) return
    onChoose(event.currentTarget.value.trim() || undefined)
  }
  return (
    <ComboBox
      // The URL may change under it (Back): then it starts again with what the URL says.
      key={service ?? ''}
      className="service-filter"
      aria-label="Service"
      defaultInputValue={service ?? ''}
      items={names.map(name => ({ name }))}
      allowsCustomValue
      menuTrigger="focus"
      onFocus={() => setAsked(true)}
      onSelectionChange={key => key !== null && onChoose(String(key))}
    >
      <Group className="service-filter__group">
        <Input ref={inputRef} className="field" placeholder="All services" onKeyDown={onKeyDown} />
        <Button className="service-filter__open" aria-label="Show services">
          <ChevronDown size={14} aria-hidden="true" />
        </Button>
      </Group>
      {service === undefined ? null : (
        <button
          type="button"
          className="button button--plain button--icon"
          onClick={() => onChoose(undefined)}
          aria-label="All services"
          title="All services"
        >
          <X size={14} aria-hidden="true" />
        </button>
      )}
      <Popover className="popover">
        <ListBox<{ name: string }> className="options">
          {({ name }) => (
            <ListBoxItem id={name} className="option" textValue={name}>
              {name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  )
}
