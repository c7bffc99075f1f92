// A front end as small as one can be: it signs a person in, searches and
// applies, on the exchange's origin or on its own.
import { Client, Me, SearchCatalogue, SubmitApplication, beginSignIn, endSignIn } from "./client/index.js";

const config = await (await fetch("config.json")).json();
const here = location.origin + location.pathname;
const registration = { exchange: config.exchange, portal: config.portal, returnAddress: here };
const at = (id) => document.getElementById(id);
const say = (id, text) => (at(id).textContent = text);

let token;
const client = config.portal ? new Client({ url: config.exchange, token: () => token?.secret, name: "test portal" }) : new Client({ name: "test portal" });

async function tell(work) {
  say("status", "");
  try {
    say("status", (await work()) ?? "ready");
  } catch (error) {
    say("status", `${error.name}: ${error.code ?? error.message}`);
  }
}

async function who() {
  const { viewer } = await client.query(Me, {});
  say("viewer", viewer.person?.id ?? viewer.kind);
}

at("sign-in").onclick = async () => {
  location.href = config.portal ? await beginSignIn(registration) : `/signin?return_to=${encodeURIComponent(location.pathname)}`;
};

at("search").onsubmit = (event) => {
  event.preventDefault();
  tell(async () => {
    const { catalogue } = await client.query(SearchCatalogue, { text: new FormData(at("search")).get("text"), first: 100 });
    at("found").replaceChildren(
      ...catalogue.nodes.filter((n) => n.availability === "OPEN").map((n) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.textContent = n.course.published.title.text;
        button.onclick = () => tell(async () => {
          const { application } = await client.mutate(SubmitApplication, { input: { offeringId: n.nextOffering.id, idempotencyKey: crypto.randomUUID() } });
          return application.state;
        });
        item.append(button);
        return item;
      }),
    );
    return `found ${catalogue.totalCount}`;
  });
};

tell(async () => {
  if (config.portal && /[?&](code|error)=/.test(location.search)) {
    const address = location.href;
    history.replaceState(null, "", here);
    token = await endSignIn(registration, address);
  }
  await who();
});
