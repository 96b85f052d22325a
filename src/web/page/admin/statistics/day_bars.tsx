import { mo } from "../../texts/moderation/moderation.ts";
import { type Day, dayText, type Figure, figureText } from "./statistics_tab.tsx";

/** Units of the drawing; it is stretched to the place that it has. */
const HEIGHT = 100;
const STEP = 10;
const GAP = 2;

/** One bar a day. The table says the same for those who do not see it. */
export function DayBars({ days, figure }: { days: Day[]; figure: Figure }) {
  const max = Math.max(...days.map((day) => day[figure]), 1);
  const first = days[0].day;
  const last = days.at(-1)!.day;
  return (
    <figure class="bars">
      <figcaption class="muted small">{mo().most(figureText(figure, max))}</figcaption>
      <svg
        viewBox={`0 0 ${days.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${mo().figures[figure]}, ${dayText(first)} – ${dayText(last)}`}
      >
        {days.map((day, at) => {
          const height = day[figure] / max * HEIGHT;
          return (
            <rect
              key={day.day}
              x={at * STEP + GAP / 2}
              y={HEIGHT - height}
              width={STEP - GAP}
              height={height}
            >
              <title>{dayText(day.day)}: {figureText(figure, day[figure])}</title>
            </rect>
          );
        })}
      </svg>
      <p class="muted small bars-ends" aria-hidden="true">
        <span>{dayText(first)}</span>
        <span>{dayText(last)}</span>
      </p>
    </figure>
  );
}
