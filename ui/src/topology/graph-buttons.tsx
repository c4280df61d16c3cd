// What one does to the drawing: how near it is, what its lines say, whether it has boxes, and a picture of it.

import {
  Download,
  FoldVertical,
  Group,
  Map as MapIcon,
  Maximize,
  Minus,
  Plus,
  Shuffle,
  UnfoldVertical,
  Ungroup,
} from 'lucide-react'
import { isLabel, LABELS, type Label } from '../graph/edge-words.ts'

const LABEL_WORDS: Record<Label, string> = {
  auto: 'Rate or errors',
  rate: 'Rate',
  errors: 'Errors',
  p95: 'p95',
  off: 'Nothing',
}

interface LookProps {
  label: Label
  /** Null where there is nothing to group by. */
  isGrouped: boolean | null
  /** Whether all namespaces are folded. */
  isFolded: boolean
  onFoldAll: () => void
  onLabel: (label: Label) => void
  onGroup: (isGrouped: boolean) => void
  onExport: () => void
}

export function LookButtons({
  label,
  isGrouped,
  isFolded,
  onFoldAll,
  onLabel,
  onGroup,
  onExport,
}: LookProps) {
  return (
    <div className="graph__look">
      <label className="graph__label">
        <span className="muted">Lines say</span>
        <select
          className="field"
          value={label}
          title="What the lines say (l)"
          onChange={({ currentTarget: { value } }) => isLabel(value) && onLabel(value)}
        >
          {LABELS.map(name => (
            <option key={name} value={name}>
              {LABEL_WORDS[name]}
            </option>
          ))}
        </select>
      </label>
      {isGrouped === null ? null : (
        <IconButton
          words={isGrouped ? 'Without boxes of namespaces' : 'In boxes of namespaces'}
          onPress={() => onGroup(!isGrouped)}
          icon={isGrouped ? Ungroup : Group}
        />
      )}
      {isGrouped === true ? (
        <IconButton
          words={isFolded ? 'Unfold all namespaces' : 'Fold all namespaces'}
          keys="C"
          onPress={onFoldAll}
          icon={isFolded ? UnfoldVertical : FoldVertical}
        />
      ) : null}
      <IconButton words="Save as a picture (PNG)" onPress={onExport} icon={Download} />
    </div>
  )
}

export function nextLabel(label: Label): Label {
  return LABELS[(LABELS.indexOf(label) + 1) % LABELS.length] ?? LABELS[0]
}

interface CameraProps {
  newcomers: number
  hasMinimap: boolean
  onZoom: (direction: 1 | -1) => void
  onFit: () => void
  onTidy: () => void
  onMinimap: () => void
}

export function CameraButtons({ newcomers, hasMinimap, onZoom, onFit, onTidy, onMinimap }: CameraProps) {
  return (
    <div className="graph__buttons">
      <IconButton words="Zoom in" keys="+" onPress={() => onZoom(1)} icon={Plus} />
      <IconButton words="Zoom out" keys="-" onPress={() => onZoom(-1)} icon={Minus} />
      <IconButton words="Show all" keys="0" onPress={onFit} icon={Maximize} />
      <IconButton words="Small map" keys="m" isPressed={hasMinimap} onPress={onMinimap} icon={MapIcon} />
      <IconButton words={tidyWords(newcomers)} keys="r" onPress={onTidy} icon={Shuffle}>
        {newcomers === 0 ? null : <span className="graph__count">{newcomers}</span>}
      </IconButton>
    </div>
  )
}

function tidyWords(newcomers: number): string {
  return newcomers === 0 ? 'Lay out anew' : `Lay out anew: ${newcomers} came since`
}

interface IconButtonProps {
  words: string
  keys?: string
  icon: typeof Plus
  isPressed?: boolean
  onPress: () => void
  children?: React.ReactNode
}

function IconButton({ words, keys, icon: Icon, isPressed, onPress, children }: IconButtonProps) {
  return (
    <button
      type="button"
      className="button button--icon"
      onClick={onPress}
      aria-label={words}
      aria-pressed={isPressed}
      title={keys === undefined ? words : `${words} (${keys})`}
    >
      <Icon size={15} aria-hidden="true" />
      {children}
    </button>
  )
}
