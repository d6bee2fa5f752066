#include "service/page/frame.hpp"
#include "service/page/page.hpp"

#include <algorithm>

namespace latchkey::service {
namespace {

using registry::DeviceFilter;
using registry::ListedDevice;

std::string value_of(const HttpRequest& request, std::string_view name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

void text_field(Markup& form, Markup::Literal name, Markup::Literal label, std::string_view value) {
  form.raw("<label>")
      .raw(label)
      .raw("<input name=\"")
      .raw(name)
      .raw("\" autocomplete=\"off\" autocapitalize=\"off\" spellcheck=\"false\" value=\"")
      .text(value)
      .raw("\"></label>");
}

void choice(Markup& form, std::string_view value, std::string_view text, bool is_chosen) {
  form.raw("<option value=\"").text(value);
  form.raw(is_chosen ? Markup::Literal("\" selected>") : Markup::Literal("\">")).text(text).raw("</option>");
}

Markup filters(const DeviceFilter& filter) {
  Markup form;
  form.raw(
      "<form class=\"filters\" action=\"/\" method=\"get\"><input type=\"hidden\" name=\"view\" "
      "value=\"devices\"><label>State<select name=\"state\">");
  choice(form, "", "any", filter.state.empty());
  for (const auto state : all_states()) {
    const std::string_view name = registry::name_of(state);
    choice(form, name, in_words(name), filter.state == name);
  }
  form.raw("</select></label><label>Online<select name=\"online\">");
  choice(form, "", "any", !filter.online);
  choice(form, "yes", "yes", filter.online == true);
  choice(form, "no", "no", filter.online == false);
  form.raw("</select></label>");
  text_field(form, "group", "Group", filter.group);
  text_field(form, "label", "Label, as site=hall-3", filter.label);
  text_field(form, "id", "Id begins with", filter.id);
  return form.raw("<button>Filter</button></form>");
}

/// The next page, with the same filters.
Markup next_link(const DeviceFilter& filter, std::string_view after) {
  Markup link = devices_link();
  const auto add = [&](Markup::Literal name, std::string_view value) {
    if (!value.empty()) link.add(and_filter(name, value));
  };
  add("state", filter.state);
  add("online", !filter.online ? "" : *filter.online ? "yes" : "no");
  add("group", filter.group);
  add("label", filter.label);
  add("id", filter.id);
  add("after", after);
  return Markup().raw("<p class=\"more\">").add(link).raw("\" rel=\"next\">The next 100</a></p>");
}

Markup table_of(const std::vector<ListedDevice>& devices, Now now) {
  Table table({"Device", "State", "Online", "Last seen", "Group", "Labels"});
  for (const auto& each : devices)
    table.row()
        .cell(device_link(each.device_id))
        .cell(badge(each.state))
        .cell(!each.online   ? "unknown"
              : *each.online ? "yes"
                             : "no")
        .cell(when(each.last_seen_at, now))
        .cell(each.group)
        .cell(attributes(each.labels));
  return table.done();
}

}  // namespace

std::optional<DeviceFilter> device_filter(const HttpRequest& request) {
  if (value_of(request, "view") != "devices") return std::nullopt;
  const auto online = value_of(request, "online");
  return DeviceFilter{.state = value_of(request, "state"),
                      .group = value_of(request, "group"),
                      .label = value_of(request, "label"),
                      .id = value_of(request, "id"),
                      .online = online.empty() ? std::nullopt : std::optional(online == "yes"),
                      .after = value_of(request, "after")};
}

HttpResponse devices_page(const DeviceFilter& filter,
                          const std::expected<registry::DeviceList, std::string>& found, Now now) {
  if (!found) return document(503, "Latchkey: devices", "", no_answer(found.error()));
  Markup content = filters(filter);
  if (!filter.label.empty() && !filter.label.contains('='))
    content.raw("<p class=\"alarm\" role=\"alert\">A label is NAME=VALUE; it was left out.</p>");
  content.add(found->devices.empty() ? empty("No device matches.") : table_of(found->devices, now));
  if (found->has_more) content.add(next_link(filter, found->devices.back().device_id));
  Markup about;
  about.raw("In the order of their ids. <code>latchkey device list</code> has the same filters and more.");
  return document(200, "Latchkey: devices", "", section("Devices", about, content));
}

}  // namespace latchkey::service
