#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/http_port.h"
#include "base/log_limiter.h"
#include "base/metrics.h"
#include "login_server/config.h"
#include "login_server/image_store.h"
#include "login_server/image_sweep.h"
#include "login_server/upload_places.h"

namespace talkbeat::login {

/// The images that clients send each other: they POST one as a form, get its address, and send that as a message; the
/// receivers GET it. What TeamTalk calls msfs. The disk's work is done by `disk`; the loop's thread only. Owned by the
/// LoginServer; `places` outlives all connections, whose uploads hold some.
///
///   ImageService images(connections.loop(), http_port, disk, places, metrics, config.images, config.name);
///   if (images.on()) return images.upload(std::move(request), connection);
class ImageService {
 public:
  ImageService(EventLoop& loop, HttpPort& http, Executor& disk, UploadPlaces& places, Metrics& metrics,
               const ImageSettings& settings, const std::string& owner);

  /// Whether a directory is set.
  bool on() const { return !settings_.directory.empty(); }
  /// Fails where the directory cannot be used. Before any request.
  Status start();

  /// By which address the images are reached, "http://192.0.2.1:8080/": that by which this client has come, through
  /// whatever lies between, if no setting says another.
  std::string address(const HttpRequest& request, const Connection& asker) const;

  /// Whether an upload may come, before it does.
  HttpVerdict judge(const HttpRequest& head, const Connection& asker);
  /// POST /.
  std::optional<HttpResponse> upload(HttpRequest&& request, const Connection& asker);
  /// GET and HEAD /g0/….
  std::optional<HttpResponse> fetch(const HttpRequest& request, const Connection& asker);

 private:
  enum class Upload : uint8_t { kStored, kDuplicate, kRefused, kBusy, kNoSpace, kFailed };
  enum class Download : uint8_t { kServed, kNotModified, kMissing, kBusy };
  struct Received;
  struct Found;

  static Received receive(const ImageStore& store, const std::string& body, const std::string& boundary,
                          size_t max_size);
  HttpResponse refuse(Upload why, int status, const std::string& message);
  std::optional<HttpResponse> refuse_head(const HttpRequest& head);
  void received(ConnId asker, const std::string& address, const Received& result);
  void found(ConnId asker, const ImageName& name, Found result);
  void send_piece(ConnId asker, const ImageName& name, uint64_t offset, size_t size);
  void count(Upload what) { uploads_[static_cast<size_t>(what)].add(); }
  void count(Download what) { downloads_[static_cast<size_t>(what)].add(); }

  EventLoop& loop_;
  HttpPort& http_;
  Executor& disk_;
  UploadPlaces& places_;
  const ImageSettings& settings_;
  ImageStore store_;
  ImageSweep sweep_;
  std::vector<Counter> uploads_;    // by Upload
  std::vector<Counter> downloads_;  // by Download
  std::vector<Counter> bytes_;      // in, out
  LogLimiter error_log_{1};         // a full disk refuses every upload
};

}  // namespace talkbeat::login
