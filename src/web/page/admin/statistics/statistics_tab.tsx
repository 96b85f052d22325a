import { useEffect, useState } from "preact/hooks";
import type { Output } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { attempt } from "../../components/attempt.ts";
import { Select } from "../../components/select.tsx";
import { bytesOf } from "../../texts/amounts.ts";
import { mo } from "../../texts/moderation/moderation.ts";
import { language, t } from "../../texts/texts.ts";
import { DayBars } from "./day_bars.tsx";
import { DayTable } from "./day_table.tsx";

export type Day = Output<"admin.statistics">["days"][number];
export type Figure = Exclude<keyof Day, "day">;

const DAY_MS = 86_400_000;

/** Figures by day, as bars and as a table. */
export function StatisticsTab() {
  const { client } = useApp();
  const [length, setLength] = useState("30");
  const [figure, setFigure] = useState<Figure>("peopleActive");
  const [found, setFound] = useState<Output<"admin.statistics"> | null>(null);
  useEffect(() => {
    const from = dayOf(Date.now() - (Number(length) - 1) * DAY_MS);
    void attempt(async () => setFound(await client.call("admin.statistics", { from })));
  }, [length]);
  if (found === null) return <p class="muted">{t().loading}</p>;
  return (
    <>
      <Totals totals={found.totals} />
      <div class="filters">
        <Select
          label={mo().figure}
          options={mo().figures}
          value={figure}
          onChange={(value) => setFigure(value as Figure)}
        />
        <Select label={mo().period} options={mo().periods} value={length} onChange={setLength} />
      </div>
      <DayBars days={found.days} figure={figure} />
      <DayTable days={found.days} />
    </>
  );
}

function Totals({ totals }: Pick<Output<"admin.statistics">, "totals">) {
  const { people, chats, storageBytes } = totals;
  const { totalNames } = mo();
  const tiles = [
    [totalNames.people, numberOf(people)],
    [totalNames.chats, numberOf(chats)],
    [totalNames.storage, bytesOf(storageBytes)],
  ];
  return (
    <dl class="totals">
      {tiles.map(([name, value]) => (
        <div key={name} class="admin-card">
          <dt class="muted small">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function numberOf(value: number): string {
  return new Intl.NumberFormat(language.value.code).format(value);
}

export function figureText(figure: Figure, value: number): string {
  return figure === "fileBytes" ? bytesOf(value) : numberOf(value);
}

/** Returns the text of a day in UTC. */
export function dayText(day: string): string {
  const { code } = language.value;
  return new Intl.DateTimeFormat(code, { dateStyle: "medium", timeZone: "UTC" })
    .format(new Date(day));
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
