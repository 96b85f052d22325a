import { mo } from "../../texts/moderation/moderation.ts";
import { type Day, dayText, type Figure, figureText } from "./statistics_tab.tsx";

/** Every figure of every day, newest first. */
export function DayTable({ days }: { days: Day[] }) {
  const figures = Object.keys(mo().figures) as Figure[];
  return (
    <div class="day-table" role="region" aria-label={mo().byDay} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{mo().day}</th>
            {figures.map((figure) => <th key={figure} scope="col">{mo().figures[figure]}</th>)}
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((day) => (
            <tr key={day.day}>
              <th scope="row">{dayText(day.day)}</th>
              {figures.map((figure) => <td key={figure}>{figureText(figure, day[figure])}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
