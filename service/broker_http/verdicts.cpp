#include "service/broker_http/verdicts.hpp"

#include "crypto/mac.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::service::broker_http {
namespace {

using protocol::Channel;

// The service's own have 43 characters.
constexpr std::size_t longest_password = 128;

std::optional<std::int64_t> generation_of(std::string_view text) {
  std::int64_t generation = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), generation);
  // One way to write each number, so that a login has one name.
  if (error != std::errc() || end != text.data() + text.size() || generation <= 0 || text.starts_with('0'))
    return std::nullopt;
  return generation;
}

bool is_denied(const Known& known, Seconds now) {
  return known.device != nullptr && known.device->denied_until > now;
}

const DeviceFacts::Login* login_of(const Known& known, std::int64_t generation, Seconds now) {
  if (known.device == nullptr) return nullptr;
  const auto& logins = known.device->logins;
  const auto found = std::ranges::find_if(logins, [&](const DeviceFacts::Login& login) {
    return login.generation == generation && (login.until == 0 || login.until > now);
  });
  return found == logins.end() ? nullptr : &*found;
}

bool is_password(const DeviceFacts::Login& login, std::string_view password) {
  if (password.size() > longest_password) return false;
  crypto::Secret salted(password.size() + login.salt.size());
  const auto rest = std::ranges::copy(crypto::as_bytes(password), salted.writable().begin()).out;
  std::ranges::copy(crypto::as_bytes(login.salt), rest);
  return crypto::equal_constant_time(crypto::sha256(salted.view()), login.hash);
}

/// Takes the first level off `rest`.
std::string_view take_level(std::string_view& rest) {
  const auto end = rest.find('/');
  const auto level = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return level;
}

/// A topic without wildcards, or a filter with its wildcards where MQTT allows them.
bool is_valid(std::string_view topic, Action action) {
  if (topic.empty() || topic.starts_with('$') || topic.contains('\0')) return false;
  if (action == Action::publish) return topic.find_first_of("+#") == std::string_view::npos;
  for (;;) {
    const bool is_last = !topic.contains('/');
    const auto level = take_level(topic);
    if (level == "#" ? !is_last : level != "+" && level.find_first_of("+#") != std::string_view::npos)
      return false;
    if (is_last) return true;
  }
}

}  // namespace

std::optional<User> user_of(std::string_view username) {
  const auto at = username.find('@');
  auto id = protocol::DeviceId::parse(std::string(username.substr(0, at)));
  if (!id) return std::nullopt;
  if (at == std::string_view::npos) return User{*std::move(id), std::nullopt};
  const auto generation = generation_of(username.substr(at + 1));
  return generation ? std::optional(User{*std::move(id), generation}) : std::nullopt;
}

bool may_connect(const Known& known, const Connecting& client, Seconds now) {
  if (!client.password) {
    const bool is_named = client.username.empty() || client.username == client.client_id;
    return client.certificate_name == client.client_id && is_named && !is_denied(known, now);
  }
  const auto user = user_of(client.username);
  if (!user || !user->generation || user->device_id.text() != client.client_id || is_denied(known, now))
    return false;
  const auto* const login = login_of(known, *user->generation, now);
  return login != nullptr && is_password(*login, *client.password);
}

bool is_live(const Known& known, const User& user, Seconds now) {
  if (is_denied(known, now)) return false;
  return !user.generation || login_of(known, *user.generation, now) != nullptr;
}

bool may_use(const Known& known, const User& user, Action action, std::string_view topic,
             const protocol::Topics& topics, Seconds now) {
  if (!is_live(known, user, now) || !is_valid(topic, action)) return false;
  const bool publishes = action == Action::publish;
  for (const Channel channel :
       {publishes ? Channel::request : Channel::response, publishes ? Channel::status : Channel::config})
    if (topics.of(channel, user.device_id) == topic) return true;
  if (known.rights == nullptr) return false;
  return std::ranges::any_of(
      publishes ? known.rights->publish : known.rights->subscribe,
      [&](const std::string& filter) { return covers(filter, user.device_id.text(), topic); });
}

bool covers(std::string_view filter, std::string_view id, std::string_view wanted) {
  for (;;) {
    const bool filter_ends = !filter.contains('/');
    const bool wanted_ends = !wanted.contains('/');
    const std::string_view level = take_level(filter);
    if (level == "#") return true;
    const std::string_view other = take_level(wanted);
    if (other == "#") return false;
    if (level == protocol::id_placeholder ? other != id : level != "+" && level != other) return false;
    if (wanted_ends) return filter_ends || filter == "#";  // `a/#` has the topic `a`
    if (filter_ends) return false;
  }
}

bool is_for_rabbitmq(const protocol::DeviceId& id) {
  return id.text().find_first_of(".:") == std::string::npos;
}

std::string topic_of(std::string_view routing_key) {
  std::string topic(routing_key);
  std::ranges::replace(topic, '.', '/');
  std::ranges::replace(topic, '*', '+');
  return topic;
}

}  // namespace latchkey::service::broker_http
