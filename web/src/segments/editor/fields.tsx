/** The small fields that rows of the builder share. */
import { Plus, X } from "lucide-preact";
import type { ComponentChildren } from "preact";

export function Choice<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}) {
  return (
    <select
      class="input auto"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value as Value)}
    >
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** A number, or null while the field is empty. */
export function NumberField({
  label,
  value,
  onChange,
  min,
  step = 1,
  width = 76,
}: {
  label: string;
  value: number | null;
  onChange: (value: number | null) => void;
  min?: number;
  step?: number | "any";
  width?: number;
}) {
  return (
    <input
      class="input"
      style={{ width: `${width}px` }}
      type="number"
      inputMode="decimal"
      aria-label={label}
      value={value ?? ""}
      min={min}
      step={step}
      onInput={(event) => {
        const { value: text } = event.currentTarget;
        onChange(text === "" ? null : Number(text));
      }}
    />
  );
}

export function DateField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <input
      class="input auto"
      type="date"
      aria-label={label}
      value={value}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  );
}

export function AddButton({
  onClick,
  children,
}: {
  onClick: () => void;
  children: ComponentChildren;
}) {
  return (
    <button type="button" class="chip-button" onClick={onClick}>
      <Plus size={14} aria-hidden="true" />
      {children}
    </button>
  );
}

export function RemoveButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button type="button" class="button plain icon" aria-label={label} onClick={onClick}>
      <X size={16} aria-hidden="true" />
    </button>
  );
}
