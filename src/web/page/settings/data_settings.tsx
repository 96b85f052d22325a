import { DeleteAccount } from "./delete_account.tsx";
import { ExportData } from "./export_data.tsx";

export function DataSettings() {
  return (
    <>
      <ExportData />
      <DeleteAccount />
    </>
  );
}
