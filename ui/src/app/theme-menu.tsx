import { Monitor, Moon, Sun } from 'lucide-react'
import { Choice } from '../ui/choice.tsx'
import { usePreference } from '../ui/preference.ts'
import { THEMES, type Theme, theme } from './theme.ts'

const ICONS = { system: Monitor, dark: Moon, light: Sun } as const satisfies Record<Theme, typeof Sun>
const WORDS: Record<Theme, string> = { system: 'As the system', dark: 'Dark', light: 'Light' }

/** A choice of one, as the other choices at the top: a menu would be a second kind of list to load. */
export function ThemeMenu() {
  const chosen = usePreference(theme)
  const Icon = ICONS[chosen]
  return (
    <Choice
      label="Theme"
      value={chosen}
      options={THEMES.map(id => ({ id, words: WORDS[id] }))}
      onChoose={id => theme.keep(THEMES.find(name => name === id) ?? 'system')}
      className="button button--plain button--icon"
      face={<Icon size={16} aria-hidden="true" />}
      hasTick
    />
  )
}
