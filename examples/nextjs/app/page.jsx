import { Messages } from "./messages";

export default function Page() {
  return <Messages user="ada" />;
}
