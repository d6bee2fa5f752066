#pragma once

#include "device/c/crypto/lk_openssl.h"
#include "device/c/latchkey.h"
#include "unit/device_c/flash.hpp"
#include "unit/device_c/played_service.hpp"

#include <functional>
#include <string>
#include <vector>

namespace latchkey::small {

/// A device, its memory, a broker without mercy and the service: all of it in one thread, with a clock that
/// jumps.
class PlayedLife {
 public:
  explicit PlayedLife(const Proof& proof, std::size_t message_size = 8192,
                      const lk_crypto& crypto = lk_openssl);

  /// Runs until `wanted`, or for so many seconds of its clock. False: it did not come to it.
  bool run(const std::function<bool()>& wanted, std::int64_t limit_s = 7 * 86400);
  /// From factory to ready, a new configuration, a renewal, another broker, another anchor, a renewal by it.
  /// False with `trouble` if a step was not reached.
  bool live() { return live_until_moved() && live_on(); }
  /// The first half of it.
  bool live_until_moved();
  [[nodiscard]] bool is_at_rest();
  void skip(std::int64_t seconds) {
    now_ms_ += static_cast<std::uint64_t>(seconds) * 1000;
    service.now += seconds;
  }
  void power_cut() {
    flash.power_on();
    service.on_power_cut();
    start();
  }

  Flash flash;
  PlayedService service;
  std::string trouble;
  std::vector<std::string> events;
  std::vector<std::string> applied;
  std::string rights;  ///< what the application was told last: "publish FILTER... subscribe FILTER..."
  bool has_clock = true;
  bool service_is_away = false;
  std::string dead_host;  ///< nothing listens there
  bool refuses_config = false;
  std::size_t request_bytes = 0;                    ///< of the last request
  std::size_t largest_sent = 0, largest_heard = 0;  ///< of all messages
  int requests = 0, connections = 0, restarts = 0;

  [[nodiscard]] std::uint64_t now_ms() const { return now_ms_; }
  /// Runs until the device has sent so many requests.
  bool run_to_request(int number, std::int64_t limit_s = 7 * 86400) {
    return run([&] { return requests >= number; }, limit_s);
  }
  void answer(const std::string& message) { deliver("provisioning/v1/meter-7/response", message); }
  /// What the application hands to the device as a message, in parts of this size.
  std::size_t part_size = 700;
  void deliver(const std::string& topic, const std::string& message);
  lk_device device{};
  [[nodiscard]] const lk_step& step() const { return step_; }
  /// One step of the device and what the world says to it; false: it waits.
  bool turn();

 private:
  bool live_on();
  bool reach(const char* what, const std::function<bool()>& wanted);
  void start();
  void connect();
  void publish();
  void tell_time();
  static void report(void* context, const lk_event* event);

  Proof proof_;
  const lk_crypto& crypto_;
  crypto::Secret number_;
  std::vector<lk_bytes> chain_, anchors_;
  std::vector<crypto::Bytes> anchor_ders_;
  lk_setup setup_{};
  lk_log log_;
  std::vector<std::uint8_t> message_, work_;
  lk_step step_{};
  std::uint64_t now_ms_ = 1000;
  std::vector<std::pair<std::string, std::string>> inbox_;
};

}  // namespace latchkey::small
