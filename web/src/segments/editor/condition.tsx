/** "amount is at least 50": a property, an operator, a value of the property's type. */
import type { PropertySeen } from "../../api/resources";
import { Combobox, type Option } from "../../parts/combobox";
import { valuesOf } from "../catalogue";
import {
  firstValue,
  kindOf,
  OPERATOR_WORDS,
  operatorsFor,
  type PropertyKind,
  typedValue,
} from "../comparisons";
import type { Comparison, Condition } from "../form";
import { AddButton, Choice, NumberField, RemoveButton } from "./fields";

export function ConditionFields({
  condition,
  properties,
  seen,
  onChange,
  onRemove,
}: {
  condition: Condition;
  properties: Option[];
  seen: PropertySeen | undefined;
  onChange: (condition: Condition) => void;
  onRemove?: () => void;
}) {
  const kind = kindOf(seen);
  const set = (at: number, comparison: Comparison | null) =>
    onChange({
      ...condition,
      comparisons: condition.comparisons.flatMap((one, n) =>
        n !== at ? [one] : comparison ? [comparison] : [],
      ),
    });
  return (
    <div class="clause-line">
      <Combobox
        label="Property"
        value={condition.property}
        options={properties}
        placeholder="property"
        onChange={(property) => onChange({ ...condition, property })}
      />
      {condition.comparisons.map((one, n) => (
        <div class="clause-part" key={n}>
          {n > 0 && <span class="quiet">and</span>}
          <Choice
            label="Comparison"
            value={one.operator}
            options={operatorsFor(kind, one.operator).map(
              (operator) => [operator, OPERATOR_WORDS[operator] ?? operator] as const,
            )}
            onChange={(operator) => set(n, { operator, value: firstValue(operator, one.value) })}
          />
          <ValueField
            comparison={one}
            kind={kind}
            options={valuesOf(seen)}
            onChange={(value) => set(n, { ...one, value })}
          />
          {n > 0 && <RemoveButton label="Remove the comparison" onClick={() => set(n, null)} />}
        </div>
      ))}
      {kind === "number" && condition.comparisons.length === 1 && (
        <AddButton
          onClick={() =>
            onChange({
              ...condition,
              comparisons: [...condition.comparisons, { operator: "lte", value: "" }],
            })
          }
        >
          and
        </AddButton>
      )}
      {onRemove && <RemoveButton label="Remove the condition" onClick={onRemove} />}
    </div>
  );
}

function ValueField({
  comparison: { operator, value },
  kind,
  options,
  onChange,
}: {
  comparison: Comparison;
  kind: PropertyKind;
  options: Option[];
  onChange: (value: unknown) => void;
}) {
  if (operator === "exists") {
    return (
      <Choice
        label="Known or not"
        value={value === false ? "no" : "yes"}
        options={[
          ["yes", "yes"],
          ["no", "no"],
        ]}
        onChange={(said) => onChange(said === "yes")}
      />
    );
  }
  if (operator === "within_last" || operator === "within_next") {
    const { days } = value as { days: number | null };
    return (
      <NumberField
        label="Days"
        value={days}
        min={1}
        onChange={(n) => onChange(n === null ? "" : { days: n })}
      />
    );
  }
  if (operator === "in") {
    const list = (value as unknown[]).map(String);
    return (
      <ListField
        values={list}
        options={options}
        onChange={(texts) => onChange(texts.map((text) => typedValue(text, kind, "eq")))}
      />
    );
  }
  if (kind === "number" && !operator.startsWith("version_")) {
    return (
      <NumberField
        label="Value"
        value={typeof value === "number" ? value : null}
        step="any"
        width={100}
        onChange={(n) => onChange(n ?? "")}
      />
    );
  }
  return (
    <Combobox
      label="Value"
      value={value === null ? "" : String(value)}
      options={kind === "boolean" ? [{ value: "true" }, { value: "false" }] : options}
      placeholder="value"
      onChange={(text) => onChange(typedValue(text, kind, operator))}
    />
  );
}

/** Several values, each a chip that can be taken away. */
export function ListField({
  values,
  options,
  onChange,
  label = "Add a value",
}: {
  values: readonly string[];
  options: Option[];
  onChange: (values: string[]) => void;
  label?: string;
}) {
  return (
    <div class="clause-part">
      {values.map((value) => (
        <span class="chip" key={value}>
          {value}
          <button
            type="button"
            aria-label={`Remove ${value}`}
            onClick={() => onChange(values.filter((one) => one !== value))}
          >
            ×
          </button>
        </span>
      ))}
      <Combobox
        key={values.length}
        label={label}
        value=""
        options={options.filter((one) => !values.includes(one.value))}
        placeholder="add a value"
        onChange={(value) => value && !values.includes(value) && onChange([...values, value])}
      />
    </div>
  );
}
