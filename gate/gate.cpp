#include "gate/gate.hpp"

#include "gate/names.hpp"

#include <ctime>
#include <stdexcept>

namespace latchkey::gate {
namespace {

constexpr std::chrono::milliseconds longest_slice{1};
// One part of the tables each time: all 256 in about an hour.
constexpr std::uint64_t aging_interval_s = 15;

DeviceCas read_cas(const std::string& path) {
  auto cas = DeviceCas::read(path);
  if (!cas) throw std::runtime_error("plugin_opt_" + cas.error());
  return *std::move(cas);
}

Tables empty_tables(std::size_t most_entries) {
  Tables tables(most_entries);
  tables.at(static_cast<std::uint64_t>(std::time(nullptr)));
  return tables;
}

}  // namespace

Gate::Gate(Settings settings)
    : settings_(std::move(settings)),
      cas_(read_cas(settings_.device_ca)),
      tables_(empty_tables(settings_.most_entries)),
      journal_(settings_.state, settings_.most_entries, tables_),
      control_(tables_, journal_) {
  tables_.at(static_cast<std::uint64_t>(std::time(nullptr)));
}

Admission Gate::refuse(const char* why) {
  why_ = why;
  return Admission::refuse;
}

Admission Gate::drop(const char* why) {
  why_ = why;
  return Admission::drop;
}

Admission Gate::connect(const Connect& connect) {
  why_.clear();
  tables_.at(static_cast<std::uint64_t>(std::time(nullptr)));
  if (is_asked_again(connect)) return Admission::accept;
  if (connect.certificate == nullptr) return without_certificate(connect);
  const auto leaf = cas_.check(connect.certificate);
  if (leaf) return with_certificate(connect, *leaf);
  // It may be a factory's certificate, on a bootstrap listener: ignore it.
  if (!leaf.error().is_ours) return without_certificate(connect);
  why_ = leaf.error().why;
  return Admission::refuse;
}

Admission Gate::with_certificate(const Connect& connect, const Leaf& leaf) {
  if (leaf.name != connect.client_id) return refuse("its certificate has another name than its client id");
  if (!connect.username.empty() && connect.username != leaf.name)
    return refuse("its user name is not its id");
  if (!control_.is_open()) return drop("the gate is closed");
  if (tables_.is_denied(leaf.name)) return refuse("the device is denied");
  if (tables_.is_denied_serial(leaf.serial)) return refuse("its certificate is denied");
  sessions_.begin(leaf.name, {connect.client, std::nullopt, leaf.serial});
  return Admission::accept_as_device;
}

Admission Gate::without_certificate(const Connect& connect) {
  if (!is_device_id(connect.client_id)) return Admission::defer;
  if (connect.username == settings_.names.bootstrap_account) {
    const bool is_free = sessions_.of(connect.client_id) == nullptr;
    return is_free ? Admission::defer : drop("the device has an operational session");
  }
  const auto generation = generation_of(connect.username, connect.client_id);
  if (generation) return with_password(connect, *generation);
  return refuse("its client id is a device's, and it shows neither certificate nor password of one");
}

Admission Gate::with_password(const Connect& connect, std::uint64_t generation) {
  if (!control_.is_open()) return drop("the gate is closed");
  const Login* const login = tables_.login(connect.client_id, generation);
  // An unknown login takes as long as a wrong password.
  static const Login nobody;
  const Login& compared = login == nullptr ? nobody : *login;
  const bool is_right = same(sha256(connect.password, to_hex(compared.salt)), compared.hash);
  if (login == nullptr || !is_right) return refuse("its password is wrong");
  if (tables_.is_denied(connect.client_id)) return refuse("the device is denied");
  sessions_.begin(connect.client_id, {connect.client, generation, {}});
  return Admission::accept;
}

/// True if the broker asks about a device's session that it already has. Such a session may stay: if its
/// access has ended, `next_to_end` ends it. It cannot be checked again, because a session without a
/// connection presents no credential. While the broker reloads, only connections by WebSocket can be new.
bool Gate::is_asked_again(const Connect& connect) const {
  if (!is_reloading_ || !is_device_id(connect.client_id)) return false;
  if (connect.is_websocket && !sessions_.is_open(connect.client)) return false;
  return connect.username == connect.client_id || generation_of(connect.username, connect.client_id);
}

std::optional<std::string> Gate::control(const std::string& client_id, std::string_view username,
                                         std::string_view message) {
  if (username != settings_.names.control_account || is_device_id(client_id)) return std::nullopt;
  tables_.at(static_cast<std::uint64_t>(std::time(nullptr)));
  auto answer = control_.take(client_id, message, changed_.size());
  look_at_changes();
  return answer;
}

void Gate::disconnected(const void* client, const std::string& client_id) {
  sessions_.end(client);
  control_.ended(client_id);
}

void Gate::tick(std::uint64_t now) {
  is_reloading_ = false;
  tables_.at(now);
  const auto until = std::chrono::steady_clock::now() + longest_slice;
  while (control_.sweep() && std::chrono::steady_clock::now() < until) {
  }
  if (now >= aged_at_ + aging_interval_s) {
    aged_at_ = now;
    control_.drop_outdated();
  }
  look_at_changes();
}

void Gate::look_at_changes() {
  for (std::string& id : control_.take_changed())
    if (sessions_.of(id) != nullptr) changed_.push_back(std::move(id));
}

bool Gate::may_stay(std::string_view id, const Session& session) const {
  if (tables_.is_denied(id)) return false;
  if (session.generation) return tables_.login(id, *session.generation) != nullptr;
  return !tables_.is_denied_serial(session.serial);
}

std::optional<std::string> Gate::next_to_end() {
  while (!changed_.empty()) {
    std::string id = std::move(changed_.front());
    changed_.pop_front();
    const auto* const sessions = sessions_.of(id);
    if (sessions == nullptr) continue;
    const bool all_stay =
        std::ranges::all_of(*sessions, [&](const Session& session) { return may_stay(id, session); });
    if (!all_stay) return id;
  }
  return std::nullopt;
}

}  // namespace latchkey::gate
