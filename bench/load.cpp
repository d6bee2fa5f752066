#include "bench/load.hpp"

#include "bench/wire.hpp"
#include "protocol/answer.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <span>
#include <stdexcept>

namespace latchkey::bench {
namespace {

using protocol::Channel;

constexpr std::size_t filters_a_packet = 100;
constexpr std::chrono::seconds acknowledgement_limit{60};
constexpr double first_delay_s = 2;
constexpr double last_delay_s = 120;

}  // namespace

Load::Load(const Fleet& fleet, const LoadOptions& options, const Broker& broker)
    : fleet_(fleet),
      options_(options),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      runs_(fleet.members().size()) {
  if (epoll_ < 0) throw std::runtime_error("no epoll");
  connect_all(broker);
  subscribe_all();
  await_acknowledgements();
}

Load::~Load() {
  ::close(epoll_);
}

void Load::connect_all(const Broker& broker) {
  const std::size_t count = std::clamp<std::size_t>(options_.connections, 1, fleet_.members().size());
  const std::string name = "@bench-" + std::to_string(::getpid()) + "-";
  for (std::size_t i = 0; i < count; ++i) {
    connections_.push_back(std::make_unique<Connection>(broker, name + std::to_string(i)));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = connections_.back().get();
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back()->descriptor(), &event) != 0)
      throw std::runtime_error("no epoll");
    flush(*connections_.back());
    ++acknowledgements_missing_;  // CONNACK
  }
}

/// Each connection subscribes to the topics of its own devices alone, as a gateway does.
void Load::subscribe_all() {
  const protocol::Topics topics;
  for (std::size_t c = 0; c < connections_.size(); ++c) {
    std::vector<std::string> filters;
    for (std::size_t d = c; d < runs_.size(); d += connections_.size()) {
      const auto id = protocol::DeviceId::parse(fleet_.members()[d].id).value();
      std::vector<Channel> channels;
      for (const Step& step : fleet_.members()[d].steps)
        if (std::ranges::find(channels, step.answered_on) == channels.end())
          channels.push_back(step.answered_on);
      for (const Channel channel : channels)
        filters.push_back(topics.of(channel, id));
    }
    for (std::size_t at = 0; at < filters.size(); at += filters_a_packet) {
      const auto part = std::span(filters).subspan(at, std::min(filters_a_packet, filters.size() - at));
      connections_[c]->send(wire::subscribe(connections_[c]->next_packet_id(), part));
      ++acknowledgements_missing_;
    }
    flush(*connections_[c]);
  }
}

void Load::await_acknowledgements() {
  const auto limit = Steady::now() + acknowledgement_limit;
  while (acknowledgements_missing_ > 0) {
    if (Steady::now() > limit) throw std::runtime_error("the broker does not acknowledge the subscriptions");
    turn(limit);
  }
}

void Load::run() {
  if (options_.rate > 0 || options_.spread_s > 0) make_offsets();
  began_ = last_answer_ = Steady::now();
  while (finished_ < runs_.size()) {
    const auto now = Steady::now();
    start_due(now);
    repeat_due(now);
    for (Connection* connection : dirty_)
      flush(*connection);
    dirty_.clear();
    if (now - last_answer_ > options_.patience && started_ == runs_.size()) return;
    turn(next_event(now));
  }
}

void Load::make_offsets() {
  std::uniform_real_distribution<double> moment(0, options_.spread_s);
  for (std::size_t device = 0; device < runs_.size(); ++device) {
    const std::chrono::duration<double> offset(
        options_.spread_s > 0 ? moment(noise_) : static_cast<double>(device) / options_.rate);
    offsets_.push_back(std::chrono::duration_cast<Steady::duration>(offset));
  }
  std::ranges::sort(offsets_);
}

void Load::start_due(Steady::time_point now) {
  const bool open_loop = !offsets_.empty();
  while (started_ < runs_.size() &&
         (open_loop ? began_ + offsets_[started_] <= now : started_ - finished_ < options_.window)) {
    const std::size_t device = started_++;
    runs_[device].due = open_loop ? began_ + offsets_[device] : now;
    if (fleet_.members()[device].is_hostile)
      attack(device);
    else
      send(device, now);
  }
}

/// All messages at once. An attacker waits for nothing.
void Load::attack(std::size_t device) {
  Connection& connection = connection_of(device);
  for (const Step& step : fleet_.members()[device].steps) {
    std::string packet = step.packet;
    wire::number(packet, connection.next_packet_id());
    connection.send(packet);
    ++runs_[device].sends;
  }
  mark_dirty(connection);
  ++finished_;
}

void Load::mark_dirty(Connection& connection) {
  if (connection.dirty) return;
  connection.dirty = true;
  dirty_.push_back(&connection);
}

void Load::repeat_due(Steady::time_point now) {
  while (!repeats_.empty() && repeats_.top().at <= now) {
    const Repeat repeat = repeats_.top();
    repeats_.pop();
    const DeviceRun& run = runs_[repeat.device];
    const bool is_open = run.sends == repeat.sends && run.step() == repeat.step && !run.refused;
    if (is_open && repeat.at >= run.not_before) send(repeat.device, now);
  }
}

void Load::send(std::size_t device, Steady::time_point now) {
  DeviceRun& run = runs_[device];
  Connection& connection = connection_of(device);
  std::string packet = fleet_.members()[device].steps[run.step()].packet;
  wire::number(packet, connection.next_packet_id());
  connection.send(packet);
  ++run.sends;
  mark_dirty(connection);
  if (options_.repeat) repeat_later(device, now);
}

void Load::repeat_later(std::size_t device, Steady::time_point now) {
  const DeviceRun& run = runs_[device];
  const double most = std::min(last_delay_s, first_delay_s * std::exp2(std::min(run.sends - 1, 10U)));
  const std::chrono::duration<double> delay(std::uniform_real_distribution<double>(most / 2, most)(noise_));
  repeats_.push({now + std::chrono::duration_cast<Steady::duration>(delay), device, run.sends, run.step()});
}

Steady::time_point Load::next_event(Steady::time_point now) const {
  auto next = now + std::chrono::milliseconds(100);
  if (started_ < offsets_.size()) next = std::min(next, began_ + offsets_[started_]);
  if (!repeats_.empty()) next = std::min(next, repeats_.top().at);
  return next;
}

void Load::turn(Steady::time_point until) {
  std::array<epoll_event, 64> events{};
  const auto left = std::max(Steady::duration::zero(), until - Steady::now());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  const timespec limit{seconds.count(), (left - seconds).count()};
  const int count = ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &limit, nullptr);
  if (count < 0 && errno != EINTR) throw std::runtime_error("no epoll");
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events.at(static_cast<std::size_t>(i));
    auto& connection = *static_cast<Connection*>(event.data.ptr);
    if ((event.events & EPOLLIN) != 0) handle(connection);
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0)
      throw std::runtime_error("the broker closed a connection");
    flush(connection);
  }
}

void Load::flush(Connection& connection) {
  connection.dirty = false;
  const bool blocked = !connection.flush();
  if (blocked == connection.blocked) return;
  connection.blocked = blocked;
  epoll_event event{};
  event.events = blocked ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.ptr = &connection;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor(), &event);
}

void Load::handle(Connection& connection) {
  connection.receive();
  std::string_view in = connection.received();
  while (const auto packet = wire::take(in)) {
    if (packet->type == wire::Type::connack || packet->type == wire::Type::suback) {
      // CONNACK: flags, code. SUBACK: packet id, then a code for each filter (MQTT 3.1.1, 3.2.2 and 3.9.3).
      const auto codes = packet->body.substr(packet->type == wire::Type::connack ? 1 : 2);
      if (std::ranges::any_of(codes, [](char code) { return code != 0 && code != 1; }))
        throw std::runtime_error("the broker refuses the login or a subscription");
      --acknowledgements_missing_;
    }
    if (packet->type != wire::Type::publish) continue;
    const auto message = wire::publication(*packet);
    if (!message) throw std::runtime_error("the broker sends what is no MQTT");
    if (message->packet_id) connection.send(wire::puback(*message->packet_id));
    if (const auto device = fleet_.find(message->topic))
      on_message(*device, message->topic, message->payload);
  }
  connection.keep(in.size());
}

void Load::on_message(std::size_t device, std::string_view topic, std::string_view payload) {
  DeviceRun& run = runs_[device];
  if (fleet_.members()[device].is_hostile) {
    if (!payload.starts_with('{')) run.answers.emplace_back(payload);
    return;
  }
  const auto& steps = fleet_.members()[device].steps;
  const bool on_response = topic.ends_with("/response");
  if (run.refused || run.step() == steps.size() ||
      on_response != (steps[run.step()].answered_on == Channel::response)) {
    ++surplus_;
    return;
  }
  const auto now = Steady::now();
  last_answer_ = now;
  if (payload.starts_with('{')) return on_unsigned(device, payload, now);
  run.answers.emplace_back(payload);
  run.done = now;
  if (run.step() == steps.size())
    ++finished_;
  else
    send(device, now);
}

void Load::on_unsigned(std::size_t device, std::string_view payload, Steady::time_point now) {
  DeviceRun& run = runs_[device];
  const auto answer = protocol::decode_answer(payload);
  if (answer && answer->status == protocol::Status::retry) {
    ++run.told_later;
    run.not_before = now + std::chrono::seconds(answer->retry_after_s.value_or(1));
    repeats_.push({run.not_before, device, run.sends, run.step()});
    return;
  }
  run.refused = true;
  run.done = now;
  ++finished_;
}

}  // namespace latchkey::bench
