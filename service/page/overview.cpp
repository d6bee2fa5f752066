#include "service/page/chart.hpp"
#include "service/page/page.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

std::int64_t count_of(const FleetCounts& counts, std::string_view state) {
  const auto found = std::ranges::find(counts.states, state,
                                       [](const auto& entry) { return std::string_view(entry.first); });
  return found == counts.states.end() ? 0 : found->second;
}

Markup link_to_devices(Markup::Literal filter, std::string_view value, const Markup& content) {
  return devices_link().add(and_filter(filter, value)).raw("\">").add(content).raw("</a>");
}

/// The replicas that listen at the broker, by version.
Markup replicas_line(const std::vector<registry::ShownReplicas>& replicas) {
  Markup line;
  if (replicas.empty())
    return line.raw(
        "<p class=\"alarm\" role=\"alert\"><strong>No replica listens at the broker.</strong> No device gets "
        "an answer; <code>latchkey doctor</code> says why.</p>");
  line.raw("<p class=\"more\">");
  for (const auto& each : replicas) {
    line.raw(&each == replicas.data() ? Markup::Literal("") : Markup::Literal(", ")).count(each.count);
    line.raw(each.count == 1 ? Markup::Literal(" replica of ") : Markup::Literal(" replicas of "));
    line.text(each.version.empty() ? "an earlier version" : "version " + each.version);
  }
  return line.raw(" at the broker.</p>");
}

Markup states_section(const FleetView& view) {
  if (!view.counts)
    return section("Devices", Markup().raw("Not counted yet."),
                   empty("The registry has not been counted yet."));
  std::int64_t total = 0;
  std::vector<Share> all;
  for (const auto state : all_states()) {
    const std::string_view name = registry::name_of(state);
    all.push_back({name, count_of(*view.counts, name)});
    total += all.back().count;
  }
  Markup list;
  list.add(shares(all)).raw("<ul class=\"states\">");
  for (const Share& each : all) {
    list.raw(each.count == 0 ? Markup::Literal("<li class=\"zero\"><span class=\"label ")
                             : Markup::Literal("<li><span class=\"label "));
    list.text(each.kind)
        .raw("\">")
        .text(in_words(each.kind))
        .raw("</span><span class=\"n\">")
        .add(each.count == 0 ? Markup().count(0)
                             : link_to_devices("state", each.kind, Markup().count(each.count)))
        .raw("</span></li>");
  }
  list.raw("</ul>");
  if (view.overview) list.add(replicas_line(view.overview->replicas));
  Markup about;
  about.add(devices_link())
      .raw("\"><strong>")
      .count(total)
      .raw("</strong> in all</a>, ")
      .add(link_to_devices("online", "yes", Markup().count(view.counts->online).raw(" online")))
      .raw(", counted ")
      .add(when(registry::Clock(view.counts->at), view.now))
      .raw(".");
  return section("Devices", about, list);
}

struct Funnel {
  std::int64_t requested = 0, registered = 0, connected = 0, ready = 0;
};

Funnel sum_of(const std::vector<registry::FunnelDay>& days) {
  Funnel sum;
  for (const auto& day : days) {
    sum.requested += day.requested;
    sum.registered += day.registered;
    sum.connected += day.connected;
    sum.ready += day.ready;
  }
  return sum;
}

void step(Markup& list, Markup::Literal kind, std::int64_t part, std::int64_t whole) {
  // Rounded down, so that 100% means all.
  const std::int64_t percent = whole == 0 ? 0 : part * 100 / whole;
  list.raw("<li><span class=\"label ")
      .raw(kind)
      .raw("\">")
      .raw(kind)
      .raw("</span>")
      .add(bar(kind, part, whole));
  list.raw("<span class=\"n\">")
      .count(part)
      .raw("</span><span class=\"n share\">")
      .count(percent)
      .raw("%</span></li>");
}

Markup numbers(const std::vector<registry::FunnelDay>& days) {
  Markup table;
  table.raw(
      "<details><summary>Day by day</summary><table class=\"numbers\"><thead><tr><th "
      "scope=\"col\">Day</th><th scope=\"col\">Requested</th>"
      "<th scope=\"col\">Registered</th><th scope=\"col\">Connected</th><th "
      "scope=\"col\">Ready</th></tr></thead><tbody>");
  for (auto day = days.rbegin(); day != days.rend(); ++day) {
    if (day->requested == 0) continue;
    table.raw("<tr><th scope=\"row\">").text(day->day).raw("</th>");
    for (const std::int64_t count : {day->requested, day->registered, day->connected, day->ready})
      table.raw("<td>").count(count).raw("</td>");
    table.raw("</tr>");
  }
  return table.raw("</tbody></table></details>");
}

Markup funnel_section(const FleetView& view) {
  if (!view.counts) return {};
  const auto& days = view.counts->funnel;
  const Funnel sum = sum_of(days);
  Markup about;
  about.raw(
      "The devices whose first request came in the last 30 days, by the step that they reached. A device is "
      "counted on the day of its first request.");
  if (sum.requested == 0)
    return section("Provisioning", about, empty("No first request in the last 30 days."));
  Markup body;
  body.raw("<div class=\"funnel\"><ol class=\"steps\">");
  step(body, "requested", sum.requested, sum.requested);
  step(body, "registered", sum.registered, sum.requested);
  step(body, "connected", sum.connected, sum.requested);
  step(body, "ready", sum.ready, sum.requested);
  body.raw("</ol><div>").add(daily_chart(days)).raw("</div></div>").add(numbers(days));
  return section("Provisioning", about, body);
}

Markup pending_section(const registry::Overview& overview, Now now) {
  Markup about;
  about.raw(
      "Devices with a valid proof whose group admits a device only with an operator's approval: "
      "<code>registry.approve(device_id, reason)</code> or "
      "<code>registry.reject(device_id, reason)</code>.");
  if (overview.pending.empty()) return section("Pending approvals", about, empty("No device waits."));
  Table table({"Device", "Group", "Waits since", "Attributes"});
  for (const auto& each : overview.pending)
    table.row()
        .cell(device_link(each.device_id))
        .cell(each.group)
        .cell(when(each.since, now))
        .cell(attributes(each.attributes));
  Markup body = table.done();
  if (std::cmp_greater(overview.pending_total, overview.pending.size())) {
    body.raw("<p class=\"more\">The first ")
        .count(std::ssize(overview.pending))
        .raw(" of ")
        .count(overview.pending_total);
    body.raw(overview.pending_total >= 1000 ? Markup::Literal(" or more") : Markup::Literal(""));
    body.raw(": <code>registry.pending_approvals</code> has all.</p>");
  }
  return section("Pending approvals", about, body);
}

Markup rejections_section(const registry::Overview& overview, Now now) {
  Markup about;
  about.raw(
      "The last 20 of the last seven days, with the true reason, which the device does not learn. The id is "
      "only claimed: anyone with the bootstrap login can use any id.");
  if (overview.rejections.empty())
    return section("Rejections", about, empty("No request was rejected in the last seven days."));
  Table table({"When", "Device", "Code", "Reason", "Tracking id"});
  for (const auto& each : overview.rejections)
    table.row()
        .cell(when(each.at, now))
        .cell(device_link(each.device_id))
        .cell(Markup().raw("<span class=\"code\">").text(each.code).raw("</span>"))
        .cell(each.reason)
        .cell(Markup().raw("<span class=\"tracking\">").text(each.tracking_id).raw("</span>"));
  return section("Rejections", about, table.done());
}

Markup expiring_section(const registry::Overview& overview, Now now) {
  Markup about;
  about.raw(
      "Credentials in use that have less than a third of their lifetime left and are not renewed. Check "
      "these devices.");
  if (overview.expiring.empty())
    return section("Expiring credentials", about, empty("Every credential in use was renewed in time."));
  Table table({"Device", "Ends", "Credential", "State", "Online"});
  for (const auto& each : overview.expiring)
    table.row()
        .cell(device_link(each.device_id))
        .cell(when(each.ends, now))
        .cell(Markup().text(each.type).raw(", generation ").count(each.generation))
        .cell(badge(each.state))
        .cell(each.online ? "yes" : "no");
  return section("Expiring credentials", about, table.done());
}

Markup stuck_section(const registry::Overview& overview, Now now) {
  Markup about;
  about.raw(
      "The last 20 that stopped on their way, and what can be done. <code>registry.stuck_devices</code> has "
      "all.");
  if (overview.stuck.empty()) return section("Stuck devices", about, empty("No device is stuck."));
  Table table({"Device", "Since", "State", "Problem", "What to do"});
  for (const auto& each : overview.stuck)
    table.row()
        .cell(device_link(each.device_id))
        .cell(when(each.since, now))
        .cell(badge(each.state))
        .cell(each.problem)
        .cell(each.advice);
  return section("Stuck devices", about, table.done());
}

Markup clones_section(const registry::Overview& overview, Now now) {
  if (overview.clones.empty()) return {};
  Markup about;
  about.raw(
      "Signs that two devices have one identity, the last ones first. Nothing is refused because of them. If "
      "one of the two is an impostor: <code>registry.reset(device_id, reason)</code>, and give the device a "
      "new proof.");
  Table table({"Device", "Last seen", "State", "Sign", "Evidence"});
  for (const auto& each : overview.clones)
    table.row()
        .cell(device_link(each.device_id))
        .cell(when(each.at, now))
        .cell(badge(each.state))
        .cell(in_words(each.sign))
        .cell(attributes(each.evidence));
  return section("Suspected clones", about, table.done());
}

}  // namespace

HttpResponse fleet_page(const FleetView& view) {
  Markup body;
  if (!view.overview) body.add(no_answer(view.overview.error()));
  body.add(states_section(view)).add(funnel_section(view));
  if (view.overview)
    body.add(clones_section(*view.overview, view.now))
        .add(pending_section(*view.overview, view.now))
        .add(rejections_section(*view.overview, view.now))
        .add(stuck_section(*view.overview, view.now))
        .add(expiring_section(*view.overview, view.now));
  return document(view.overview ? 200 : 503, "Latchkey: fleet", "", body);
}

}  // namespace latchkey::service
