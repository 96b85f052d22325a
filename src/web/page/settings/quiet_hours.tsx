import { Checkbox } from "../components/checkbox.tsx";
import { Field } from "../components/field.tsx";
import { Section } from "../components/section.tsx";
import { m } from "../texts/more.ts";

interface Hours {
  start: string;
  end: string;
  timeZone: string;
}

const NIGHT = { start: "22:00", end: "07:00" };

/** In the time zone of this browser. */
export function QuietHours(
  { hours, onChange }: { hours: Hours | null; onChange(hours: Hours | null): void },
) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const change = (patch: Partial<Hours>) => onChange({ ...NIGHT, ...hours, timeZone, ...patch });
  return (
    <Section title={m().quietHours}>
      <Checkbox
        label={m().quietHours}
        checked={hours !== null}
        onChange={(isOn) => isOn ? change({}) : onChange(null)}
      />
      {hours && (
        <div class="quiet-times">
          <Field
            name="start"
            label={m().quietFrom}
            type="time"
            defaultValue={hours.start}
            onChange={({ currentTarget }) => change({ start: currentTarget.value })}
          />
          <Field
            name="end"
            label={m().quietTo}
            type="time"
            defaultValue={hours.end}
            onChange={({ currentTarget }) => change({ end: currentTarget.value })}
          />
        </div>
      )}
    </Section>
  );
}
