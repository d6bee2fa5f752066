#include "service/page/frame.hpp"
#include "service/page/page.hpp"

namespace latchkey::service {
namespace {

using registry::ShownDevice;
using registry::ShownEvent;

void fact(Markup& list, Markup::Literal name, const Markup& value, Markup::Literal kind = "") {
  list.raw("<div class=\"").raw(kind).raw("\"><dt>").raw(name).raw("</dt><dd>").add(value).raw("</dd></div>");
}

void text_fact(Markup& list, Markup::Literal name, std::string_view value) {
  if (!value.empty()) fact(list, name, Markup().raw("<bdi>").text(value).raw("</bdi>"));
}

void step(Markup& list, Markup::Literal name, std::optional<registry::Clock> at, Now now) {
  list.raw(at ? Markup::Literal("<li class=\"done\">") : Markup::Literal("<li>"));
  list.raw("<span>").raw(name).raw("</span>").add(when(at, now)).raw("</li>");
}

Markup life(const ShownDevice& device, Now now) {
  Markup list;
  list.raw("<ol class=\"life\">");
  step(list, "requested", device.requested_at, now);
  step(list, "registered", device.registered_at, now);
  step(list, "credentials sent", device.credentials_sent_at, now);
  step(list, "connected", device.connected_at, now);
  step(list, "ready", device.ready_at, now);
  return list.raw("</ol>");
}

Markup facts(const ShownDevice& device, Now now) {
  Markup list;
  list.raw("<dl class=\"facts\">");
  text_fact(list, "Group", device.group);
  text_fact(list, "Registered by", device.enrolled_by);
  fact(list, "Credential",
       device.generation == 0 ? Markup().raw("<span class=\"quiet\">none yet</span>")
                              : Markup().raw("generation ").count(device.generation));
  Markup config;
  config.raw("version ").count(device.config_version);
  if (device.applied_config_version == device.config_version)
    config.raw(", applied");
  else if (device.applied_config_version == 0)
    config.raw(", not applied yet");
  else
    config.raw(", ").count(device.applied_config_version).raw(" is applied");
  fact(list, "Configuration", config);
  fact(list, "Last seen", when(device.last_seen_at, now));
  if (device.failed_at && !device.failure.empty())
    fact(list, "Cannot become ready",
         Markup()
             .raw("<bdi>")
             .text(device.failure)
             .raw("</bdi> <span class=\"quiet\">")
             .add(when(device.failed_at, now))
             .raw("</span>"),
         "wide failed");
  if (device.acted_at) {
    Markup act;
    act.text(device.actor).raw(" <span class=\"quiet\">").add(when(device.acted_at, now)).raw("</span>");
    if (!device.reason.empty()) act.raw("<br><bdi>").text(device.reason).raw("</bdi>");
    fact(list, "Last act of an operator", act);
  }
  text_fact(list, "Rights of its", device.rights_source);
  text_fact(list, "May publish", device.publish);
  text_fact(list, "May subscribe to", device.subscribe);
  fact(list, "Labels", attributes(device.labels), "wide");
  fact(list, "Attributes", attributes(device.attributes), "wide");
  if (device.reported != "{}") fact(list, "Reported, not proved", attributes(device.reported), "wide");
  return list.raw("</dl>");
}

Markup todo_section(const std::vector<registry::ShownTodo>& todo, Now now) {
  if (todo.empty()) return {};
  Markup about;
  about.raw("Problems of this device, and why its last request was refused in the last seven days.");
  Table table({"Since", "Problem", "What to do"});
  for (const auto& each : todo) {
    Markup problem;
    if (each.kind == "clone") problem.raw("Perhaps two devices with one identity: ");
    if (each.kind == "rejected") problem.raw("Rejected: ");
    problem.text(each.kind == "clone" ? in_words(each.what) : each.what);
    table.row()
        .cell(when(each.at, now))
        .cell(problem)
        .cell(each.kind == "clone" ? attributes(each.detail)
                                   : Markup().raw("<bdi>").text(each.detail).raw("</bdi>"));
  }
  return section("To look at", about, table.done());
}

Markup credentials_section(const std::vector<registry::ShownCredential>& credentials, Now now) {
  if (credentials.empty()) return {};
  Markup about;
  about.raw("The last five, the newest first. <code>registry.certificates</code> has all certificates.");
  Table table({"Generation", "Type", "Status", "Ends", "Serial number"});
  for (const auto& each : credentials)
    table.row()
        .cell(Markup().count(each.generation))
        .cell(each.type)
        .cell(badge(each.status))
        .cell(when(each.ends, now))
        .cell(Markup().raw("<span class=\"code\">").text(each.serial).raw("</span>"));
  return section("Credentials", about, table.done());
}

Markup event_cell(const ShownEvent& event) {
  Markup line;
  if (event.kind == "request") {
    line.raw("Asked: ").add(badge(event.what));
    if (!event.code.empty()) line.raw(" <span class=\"code\">").text(event.code).raw("</span>");
  } else if (event.kind == "state") {
    line.add(badge(event.code)).raw(" → ").add(badge(event.what));
  } else if (event.kind == "credential") {
    line.raw("New credential, ").text(event.what);
  } else {
    line.raw("Operator: <span class=\"code\">").text(event.what).raw("</span>");
  }
  if (!event.detail.empty()) line.raw("<br><bdi class=\"quiet\">").text(event.detail).raw("</bdi>");
  return line;
}

Markup history_section(const std::vector<ShownEvent>& events, Now now) {
  Markup about;
  about.raw("Requests with their true reasons, changes of state and acts of operators, the newest first.");
  if (events.empty()) return section("History", about, empty("Nothing has happened yet."));
  Table table({"When", "What", "By"});
  for (const ShownEvent& event : events)
    table.row()
        .cell(when(event.at, now))
        .cell(event_cell(event))
        .cell(Markup()
                  .raw(event.kind == "request" ? Markup::Literal("<span class=\"tracking\">")
                                               : Markup::Literal("<span>"))
                  .text(event.actor)
                  .raw("</span>"));
  Markup body = table.done();
  if (events.size() >= 60)
    body.raw(
        "<p class=\"more\">The last 60: <code>registry.attempts</code> and <code>registry.events</code> have "
        "all.</p>");
  return section("History", about, body);
}

Markup head(const std::string& id, const Markup& beside) {
  return Markup().raw("<h1 class=\"id\">").text(id).raw("</h1><p class=\"about\">").add(beside).raw("</p>");
}

HttpResponse unknown(const std::string& asked, const Markup& why) {
  return document(404, "Latchkey: no such device", asked,
                  Markup().raw("<section>").add(head(asked, why)).raw("</section>"));
}

}  // namespace

HttpResponse device_page(const std::string& asked,
                         const std::optional<std::expected<registry::DeviceHistory, std::string>>& history,
                         Now now) {
  if (!history)
    return unknown(asked, Markup().raw("Not a valid device id: letters, digits and . _ : - , at most 64."));
  if (!*history) return document(503, "Latchkey", asked, no_answer(history->error()));
  const auto& found = **history;
  if (!found.device && found.events.empty())
    return unknown(asked, Markup().raw("No device of this id is enrolled or sent a request."));
  Markup body;
  body.raw("<section>");
  if (found.device) {
    const auto& device = *found.device;
    Markup beside = badge(device.state);
    if (device.online) beside.raw(" <span class=\"badge online\">online</span>");
    body.add(head(asked, beside)).add(life(device, now)).add(facts(device, now));
  } else {
    body.add(head(asked, Markup().raw("This id is not enrolled and was never registered. The history shows "
                                      "the requests in its name.")));
  }
  body.raw("</section>")
      .add(todo_section(found.todo, now))
      .add(credentials_section(found.credentials, now))
      .add(history_section(found.events, now));
  return document(200, "Latchkey: " + asked, asked, body);
}

}  // namespace latchkey::service
