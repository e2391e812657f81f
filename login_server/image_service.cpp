#include "login_server/image_service.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.h"
#include "login_server/multipart.h"

namespace talkbeat::login {

namespace {

// What a form adds to the image: boundaries, headers, small fields.
constexpr size_t kFormBytes = 64 * 1024;
constexpr const char* kRetryAfterSeconds = "2";
constexpr const char* kForever = "public, max-age=31536000, immutable";

/// An upload's place, from its headers to its end.
struct PlaceClaim final : HttpClaim {
  PlaceClaim(UploadPlaces& all, std::string for_address) : places(all), address(std::move(for_address)) {}
  ~PlaceClaim() override { places.give_back(address); }

  UploadPlaces& places;
  std::string address;
};

// TeamTalk's client for iOS takes JSON only where it is called HTML. Nothing in it comes from outside but the address,
// whose characters are harmless.
HttpResponse upload_answer(int status, const std::string& message, const std::string& path, const std::string& url) {
  const nlohmann::ordered_json json{
      {"error_code", status == 200 ? 0 : status}, {"error_msg", message}, {"path", path}, {"url", url}};
  return {status, "text/html; charset=utf-8", json.dump() + "\n", {{"X-Content-Type-Options", "nosniff"}}};
}

std::string header(const HttpRequest& request, const char* name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string() : found->second;
}

std::optional<uint64_t> declared_length(const HttpRequest& head) {
  const std::string text = header(head, "content-length");
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(length) : std::nullopt;
}

// A name or an address, and perhaps a port.
bool is_host(const std::string& text) {
  const auto allowed = [](char c) {
    constexpr std::string_view kMarks = "-._:[]";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, allowed);
}

HttpResponse image_head(const ImageName& name, int status) {
  return {status,
          content_type_of(name.type),
          {},
          {{"ETag", "\"" + name.hash + "\""},
           {"Cache-Control", kForever},
           {"X-Content-Type-Options", "nosniff"},
           {"Content-Security-Policy", "default-src 'none'; sandbox"}}};
}

HttpResponse busy() {
  HttpResponse response = http_error(503);
  response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return response;
}

}  // namespace

/// What became of an upload: the status to answer, with the words where it is refused.
struct ImageService::Received {
  Upload what = Upload::kRefused;
  int status = 400;
  std::string message = {};
  std::string error = {};  // what the system said
  ImageName name = {};
  size_t size = 0;
};

/// An image that is there, and all of it where it is small.
struct ImageService::Found {
  std::optional<uint64_t> size;
  std::string content;
};

ImageService::ImageService(EventLoop& loop, HttpPort& http, Executor& disk, UploadPlaces& places, Metrics& metrics,
                           const ImageSettings& settings, const std::string& owner)
    : loop_(loop),
      http_(http),
      disk_(disk),
      places_(places),
      settings_(settings),
      store_(settings.directory, owner, settings.min_free),
      sweep_(loop, disk, store_, metrics, settings) {
  using namespace std::string_view_literals;
  uploads_ = metrics.counters("talkbeat_image_uploads_total", "Images that clients have sent, by what became of them.",
                              "result",
                              std::array{"stored"sv, "duplicate"sv, "refused"sv, "busy"sv, "no_space"sv, "failed"sv});
  downloads_ = metrics.counters("talkbeat_image_downloads_total", "Images that clients have asked for, by the answer.",
                                "result", std::array{"served"sv, "not_modified"sv, "missing"sv, "busy"sv});
  bytes_ = metrics.counters("talkbeat_image_bytes_total", "Bytes of images received and served.", "direction",
                            std::array{"in"sv, "out"sv});
}

Status ImageService::start() {
  if (!on()) return {};
  if (Status status = store_.prepare(); !status.ok()) return status;
  sweep_.start();
  return {};
}

// Proxies that set the Host header to what the client has asked for need no setting; nor does NAT.
std::string ImageService::address(const HttpRequest& request, const Connection& asker) const {
  if (!settings_.url.empty()) return settings_.url + (settings_.url.ends_with('/') ? "" : "/");
  const std::string host = header(request, "host");
  return (asker.tls() != nullptr ? "https://" : "http://") +
         (is_host(host) ? host : asker.local_address().to_string()) + "/";
}

HttpResponse ImageService::refuse(Upload why, int status, const std::string& message) {
  count(why);
  HttpResponse response = upload_answer(status, message, "", "");
  if (why == Upload::kBusy) response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return response;
}

std::optional<HttpResponse> ImageService::refuse_head(const HttpRequest& head) {
  if (!multipart_boundary(header(head, "content-type"))) {
    return refuse(Upload::kRefused, 415, "an image is sent as multipart/form-data");
  }
  const uint64_t length = declared_length(head).value_or(0);
  if (length > settings_.max_size + kFormBytes) {
    return refuse(Upload::kRefused, 413, "larger than " + std::to_string(settings_.max_size) + " bytes");
  }
  if (sweep_.bytes() + length > settings_.max_total) {
    return refuse(Upload::kNoSpace, 507, "no room for more images");
  }
  return std::nullopt;
}

HttpVerdict ImageService::judge(const HttpRequest& head, const Connection& asker) {
  HttpVerdict verdict{.refusal = refuse_head(head), .max_body = settings_.max_size + kFormBytes, .long_body = true};
  if (verdict.refusal) return verdict;
  switch (places_.take(asker.peer().ip)) {
    case UploadPlaces::Taken::kYes:
      verdict.claim = std::make_unique<PlaceClaim>(places_, asker.peer().ip);
      break;
    case UploadPlaces::Taken::kAllTaken:
      verdict.refusal = refuse(Upload::kBusy, 503, "too many uploads at the same time");
      break;
    case UploadPlaces::Taken::kShareTaken:
      verdict.refusal = refuse(Upload::kBusy, 503, "too many uploads at the same time from this address");
      break;
  }
  return verdict;
}

// In a worker.
ImageService::Received ImageService::receive(const ImageStore& store, const std::string& body,
                                             const std::string& boundary, size_t max_size) {
  const auto parts = parse_multipart(body, boundary);
  if (!parts) return {.message = "the form is broken"};
  const auto is_file = [](const FormPart& part) { return part.filename.has_value(); };
  if (std::ranges::count_if(*parts, is_file) != 1) return {.message = "exactly one file is sent at a time"};
  const std::string_view content = std::ranges::find_if(*parts, is_file)->content;
  if (content.empty()) return {.message = "the file is empty"};
  if (content.size() > max_size) {
    return {.status = 413, .message = "larger than " + std::to_string(max_size) + " bytes"};
  }
  const auto type = image_type_of(content);
  if (!type) return {.status = 415, .message = "not an image: PNG, JPEG, GIF, WebP and BMP are stored"};
  const ImageStore::Put put = store.put(content, *type);
  switch (put.outcome) {
    case ImageStore::Outcome::kStored:
      return {.what = Upload::kStored, .status = 200, .name = put.name, .size = content.size()};
    case ImageStore::Outcome::kDuplicate:
      return {.what = Upload::kDuplicate, .status = 200, .name = put.name, .size = content.size()};
    case ImageStore::Outcome::kNoSpace:
      return {.what = Upload::kNoSpace, .status = 507, .message = "no room for more images", .error = put.error};
    case ImageStore::Outcome::kFailed:
      return {.what = Upload::kFailed, .status = 500, .message = "the image could not be stored", .error = put.error};
  }
  return {};
}

std::optional<HttpResponse> ImageService::upload(HttpRequest&& request, const Connection& asker) {
  const auto boundary = multipart_boundary(header(request, "content-type"));
  if (!boundary) return refuse(Upload::kRefused, 415, "an image is sent as multipart/form-data");
  bytes_[0].add(static_cast<double>(request.body.size()));
  const std::string ip = asker.peer().ip;
  std::string url = address(request, asker);
  const bool submitted = disk_.try_submit([this, store = store_, body = std::move(request.body), boundary = *boundary,
                                           max_size = settings_.max_size, id = asker.id(), ip, url]() -> Task {
    Received result = receive(store, body, boundary, max_size);
    return [this, id, ip, url, result = std::move(result)] {
      places_.give_back(ip);
      received(id, url, result);
    };
  });
  if (!submitted) return refuse(Upload::kBusy, 503, "too many uploads at the same time");
  places_.keep(ip);  // until the disk has it
  return std::nullopt;
}

void ImageService::received(ConnId asker, const std::string& address, const Received& result) {
  if (!result.error.empty() && error_log_.allow(loop_.now())) {
    log_error("image_not_stored", {{"directory", settings_.directory}, {"error", result.error}});
  }
  if (result.status != 200) return http_.answer(asker, refuse(result.what, result.status, result.message));
  count(result.what);
  if (result.what == Upload::kStored) sweep_.added(result.name, result.size);
  const std::string path = result.name.path();
  log_debug("image_received", {{"conn", asker}, {"path", path}, {"bytes", result.size}});
  http_.answer(asker, upload_answer(200, "", path, address + path));
}

std::optional<HttpResponse> ImageService::fetch(const HttpRequest& request, const Connection& asker) {
  const auto name = ImageName::from_url_path(request.path);
  if (!name) {
    count(Download::kMissing);
    return http_error(404);
  }
  const std::string known = header(request, "if-none-match");
  if (known.find(name->hash) != std::string::npos) {
    count(Download::kNotModified);
    return image_head(*name, 304);
  }
  const size_t at_once = request.method == "HEAD" ? 0 : settings_.chunk;
  const bool submitted = disk_.try_submit([this, store = store_, name = *name, at_once, id = asker.id()]() -> Task {
    Found result{.size = store.size_of(name), .content = {}};
    if (result.size && *result.size <= at_once) result.content = store.read(name, 0, at_once);
    return [this, id, name, result = std::move(result)] { found(id, name, result); };
  });
  if (submitted) return std::nullopt;
  count(Download::kBusy);
  return busy();
}

void ImageService::found(ConnId asker, const ImageName& name, Found result) {
  if (!result.size) {
    count(Download::kMissing);
    return http_.answer(asker, http_error(404));
  }
  count(Download::kServed);
  HttpResponse response = image_head(name, 200);
  if (result.content.size() == *result.size) {
    bytes_[1].add(static_cast<double>(result.content.size()));
    response.body = std::move(result.content);
    return http_.answer(asker, response);
  }
  http_.stream(asker, response, *result.size, [this, name, size = *result.size](ConnId id, uint64_t offset) {
    send_piece(id, name, offset, std::min<uint64_t>(settings_.chunk, size - offset));
  });
}

// A file that has gone meanwhile, or a queue that is full in spite of its length, ends the answer early: its length,
// which was told, tells the receiver.
void ImageService::send_piece(ConnId asker, const ImageName& name, uint64_t offset, size_t size) {
  const bool submitted = disk_.try_submit([this, store = store_, name, offset, size, asker]() -> Task {
    std::string piece = store.read(name, offset, size);
    return [this, asker, piece = std::move(piece)] {
      bytes_[1].add(static_cast<double>(piece.size()));
      http_.chunk(asker, piece);
    };
  });
  if (!submitted) http_.chunk(asker, {});
}

}  // namespace talkbeat::login
