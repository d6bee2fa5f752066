#include "unit/device_c/played_life.hpp"

#include "crypto/private_number.hpp"

#include <algorithm>

namespace latchkey::small {
namespace {

lk_bytes view_of(const crypto::Bytes& bytes) {
  return {bytes.data(), bytes.size()};
}

lk_bytes view_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text_of(lk_bytes bytes) {
  return {bytes.data, bytes.data + bytes.size};
}

/// "publish a b subscribe c"
std::string rights_of(lk_rights rights) {
  std::string text = "publish";
  lk_bytes filter{};
  while (lk_list_next(&rights.publish, &filter))
    text += std::string(" ") + reinterpret_cast<const char*>(filter.data);
  text += " subscribe";
  while (lk_list_next(&rights.subscribe, &filter))
    text += std::string(" ") + reinterpret_cast<const char*>(filter.data);
  return text;
}

constexpr std::int64_t jump_s = 61 * 86400;  // beyond renew_after, before the end of a certificate

}  // namespace

PlayedLife::PlayedLife(const Proof& proof, std::size_t message_size, const lk_crypto& crypto)
    : service(proof),
      proof_(proof),
      crypto_(crypto),
      log_{this, report},
      message_(message_size),
      work_(message_size * 9 / 16 + 512) {
  const auto anchor = service.anchor().certificate.der();
  anchor_ders_.emplace_back(anchor.begin(), anchor.end());
  anchors_.push_back(view_of(anchor_ders_.front()));
  for (const auto& certificate : service.chain())
    chain_.push_back(view_of(certificate));
  setup_.device_id = PlayedService::device_id.data();
  setup_.proof = proof.kind == Proof::Kind::key     ? LK_PROOF_KEY
                 : proof.kind == Proof::Kind::token ? LK_PROOF_TOKEN
                                                    : LK_PROOF_PRIVATE_KEY;
  number_ = crypto::private_number(service.private_key());
  setup_.key = proof.kind == Proof::Kind::key
                   ? lk_bytes{service.key().view().data(), service.key().view().size()}
                   : lk_bytes{number_.view().data(), number_.size()};
  setup_.chain = chain_.data();
  setup_.chain_size = chain_.size();
  setup_.token = PlayedService::token.data();
  setup_.group = proof.kind == Proof::Kind::key ? PlayedService::group.data() : nullptr;
  setup_.wants_password = proof.wants_password;
  setup_.no_encryption_key = !proof.has_encryption_key;
  setup_.attributes = R"({"model":"TH-2"})";
  setup_.host = "bootstrap.example";
  setup_.port = 8884;
  setup_.username = "@bootstrap";
  setup_.password = "secret";
  setup_.anchors = anchors_.data();
  setup_.anchors_size = anchors_.size();
  start();
}

void PlayedLife::start() {
  ++restarts;
  inbox_.clear();
  std::ranges::fill(message_, 0xAA);
  std::ranges::fill(work_, 0xAA);
  const lk_buffers buffers{message_.data(), message_.size(), work_.data(), work_.size()};
  if (!lk_start(&device, &setup_, &crypto_, flash.table(), &log_, buffers)) trouble = "the setup is refused";
}

void PlayedLife::report(void* context, const lk_event* event) {
  auto& life = *static_cast<PlayedLife*>(context);
  static constexpr const char* names[] = {
      "powered_on", "request_sent", "answer",  "connected", "configuration", "applied", "failed",
      "ready",      "renewing",     "renewed", "moving",    "lost",          "refused", "remark"};
  if (life.events.size() > 100) return;  // a life that goes well has fewer
  life.events.emplace_back(names[event->kind]);
  if (event->kind == LK_EVENT_REMARK) life.events.back() += std::string(": ") + event->text;
}

void PlayedLife::tell_time() {
  lk_on_time(&device, now_ms_, has_clock ? static_cast<std::uint32_t>(service.now) : 0);
}

void PlayedLife::connect() {
  const auto& connect = step_.connect;
  ++connections;
  service.connected_host = connect.host;
  lk_list chain = connect.chain;
  lk_bytes leaf{};
  const bool has_leaf = lk_list_next(&chain, &leaf);
  const std::string username = connect.username == nullptr ? "" : connect.username;
  const bool is_known =
      connect.is_bootstrap
          ? username == "@bootstrap" && text_of(connect.password) == "secret"
          : service.generation_of(has_leaf ? text_of(leaf) : "", username, text_of(connect.password)) != 0;
  if (!connect.is_bootstrap && service.connected_host != service.host() &&
      !service.hosts_used().contains(service.connected_host))
    trouble = "it connects to " + service.connected_host;
  if (service.connected_host == dead_host)
    lk_on_disconnected(&device, LK_NETWORK);
  else if (is_known)
    lk_on_connected(&device);
  else
    lk_on_disconnected(&device, LK_LOGIN_REFUSED);
}

void PlayedLife::publish() {
  const std::string topic = step_.topic, payload = text_of(step_.payload);
  const auto id = step_.id;
  largest_sent = std::max(largest_sent, payload.size());
  if (topic.ends_with("/request")) {
    ++requests;
    service.note(payload);
    request_bytes = payload.size();
  }
  if (!service_is_away && topic.ends_with("/request")) {
    inbox_.emplace_back("provisioning/v1/meter-7/response", service.answer(payload));
  }
  if (!service_is_away && topic.ends_with("/status"))
    inbox_.emplace_back("devices/meter-7/config", service.hear(payload));
  lk_on_published(&device, id);
}

void PlayedLife::deliver(const std::string& topic, const std::string& message) {
  for (std::size_t at = 0; at < message.size(); at += part_size) {
    const auto part = std::string_view(message).substr(at, part_size);
    lk_on_message_part(&device, topic.c_str(), at, message.size(), view_of(part));
  }
}

bool PlayedLife::turn() {
  tell_time();
  if (!inbox_.empty()) {
    const auto [topic, message] = inbox_.front();
    inbox_.erase(inbox_.begin());
    largest_heard = std::max(largest_heard, message.size());
    if (!message.empty()) deliver(topic, message);
    return true;
  }
  lk_next(&device, &step_);
  if (flash.is_dead()) return true;  // what it wanted to do, it does not come to
  switch (step_.action) {
    case LK_CONNECT:
      connect();
      return true;
    case LK_SUBSCRIBE:
      lk_on_subscribed(&device, true);
      return true;
    case LK_PUBLISH:
      publish();
      return true;
    case LK_APPLY:
      applied.push_back(text_of(step_.config.json));
      lk_config_applied(&device, step_.config.version, !refuses_config, "it is refused");
      return true;
    case LK_READY:
      rights = rights_of(step_.rights);
      return true;
    case LK_DISCONNECT:
      lk_on_disconnected(&device, LK_NETWORK);
      return true;
    case LK_WAIT:
    case LK_STOPPED:
      break;
  }
  return false;
}

bool PlayedLife::run(const std::function<bool()>& wanted, std::int64_t limit_s) {
  const auto end = service.now + limit_s;
  for (int turns = 0; turns < 20'000 && service.now < end && trouble.empty(); ++turns) {
    if (wanted()) return true;
    const bool goes_on = turn();
    if (flash.is_dead()) {
      power_cut();
      continue;
    }
    if (goes_on) continue;
    if (step_.until_ms <= now_ms_) trouble = "it waits for what has passed";
    const auto wait_ms = std::max<std::uint64_t>(step_.until_ms - now_ms_, 1);
    now_ms_ += wait_ms;
    service.now += static_cast<std::int64_t>(wait_ms / 1000);
  }
  return wanted();
}

/// The device is ready, with one credential, which the service confirmed.
bool PlayedLife::is_at_rest() {
  const int credentials = flash.has(LK_SLOT_CREDENTIAL_1) + flash.has(LK_SLOT_CREDENTIAL_2);
  return service.is_ready() && service.connected_host == service.host() &&
         service.confirmed() == service.newest() && credentials == 1 && !flash.has(LK_SLOT_REQUEST) &&
         !flash.has(LK_SLOT_CONNECTION);
}

bool PlayedLife::reach(const char* what, const std::function<bool()>& wanted) {
  if (run(wanted)) return true;
  if (trouble.empty()) trouble = std::string("it did not come to: ") + what;
  return false;
}

bool PlayedLife::live_until_moved() {
  const auto rest = [&] { return is_at_rest(); };
  if (!reach("ready", rest)) return false;
  service.set_config({{"interval_s", 5}});
  deliver("devices/meter-7/config", service.push());
  if (!reach("the new configuration", rest)) return false;
  const auto generation = service.newest();
  skip(jump_s);
  if (!reach("the renewal", [&] { return is_at_rest() && service.newest() > generation; })) return false;
  service.move_to("two.example");
  deliver("devices/meter-7/config", service.push());
  return reach("the other broker", rest);
}

bool PlayedLife::live_on() {
  service.announce_anchor();
  deliver("devices/meter-7/config", service.push());
  if (!reach("the other anchor", [&] { return is_at_rest() && flash.holds(service.announced_anchor()); }))
    return false;
  service.use_announced_anchor();
  service.set_config({{"interval_s", 6}});
  deliver("devices/meter-7/config", service.push());
  return reach("a configuration under the other anchor", [&] { return is_at_rest(); });
}

}  // namespace latchkey::small
