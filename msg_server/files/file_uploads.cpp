#include "msg_server/files/file_uploads.h"

#include "base/log.h"

namespace talkbeat {

using IM::File::IMFilePullDataReq;
using IM::File::IMFilePullDataRsp;
using IM::File::IMFileState;

namespace {

using IM::BaseDefine::FileServerError;

FileServerError login_error_of(DiskFault fault) {
  return fault == DiskFault::kNoDirectory ? IM::BaseDefine::FILE_SERVER_ERRNO_PULL_DATA_MKDIR_ERROR
                                          : IM::BaseDefine::FILE_SERVER_ERRNO_PULL_DATA_OPEN_FILE_ERROR;
}

PduHeader header_of_data() {
  PduHeader header;
  header.service_id = IM::BaseDefine::SID_FILE;
  header.command_id = IM::BaseDefine::CID_FILE_PULL_DATA_RSP;
  return header;
}

}  // namespace

void FileUploads::log_in(Connection& connection, uint16_t seq_num, const OfflineFile& file) {
  Upload* upload = find(file.task_id);
  if (upload == nullptr) {
    auto place = context_.places.take(file.from, TransferPlaces::Use::kSent, context_.settings());
    if (!place) {
      refuse_file_login(connection, seq_num, file.task_id, IM::BaseDefine::FILE_SERVER_ERRNO_CREATE_TASK_ERROR);
      return;
    }
    auto made = std::make_unique<Upload>(file, context_.pull_limits(), std::move(*place));
    upload = uploads_.emplace(file.task_id, std::move(made)).first->second.get();
    context_.figures.began(TransferKind::kUpload);
    if (file.complete) {
      upload->stage = Stage::kCompleting;
      upload->store_answered = true;
    }
  }
  attach(*upload, connection, seq_num);
}

// The connection that held the place until now is a dead one, most likely, that nobody has noticed yet.
void FileUploads::attach(Upload& upload, Connection& connection, uint16_t seq_num) {
  const ConnId before = std::exchange(upload.conn, connection.id());
  if (Connection* replaced = context_.server.connections.find(before)) replaced->close(CloseReason::kReplaced);
  upload.login_seq_num = seq_num;
  upload.addresses = addresses_for(context_.server, connection);
  upload.moved_at = context_.now();
  if (upload.stage != Stage::kOpening) {
    accept(upload, connection);
  } else if (!upload.disk_busy) {
    work(upload);
  }
}

void FileUploads::accept(Upload& upload, Connection& connection) {
  accept_file_login(context_, connection, upload.login_seq_num, upload.file.from,
                    {IM::BaseDefine::CLIENT_OFFLINE_UPLOAD, upload.file.task_id});
  if (upload.store_answered) {
    say_done(upload);
    return;
  }
  upload.window.ask_again();
  pump(upload);
}

void FileUploads::pump(Upload& upload) {
  Connection* connection = context_.server.connections.find(upload.conn);
  if (connection == nullptr || upload.stage != Stage::kPulling) return;
  while (const auto pull = upload.window.next_pull()) {
    IMFilePullDataReq request;
    request.set_task_id(upload.file.task_id);
    request.set_user_id(upload.file.from);
    request.set_trans_mode(IM::BaseDefine::FILE_TYPE_OFFLINE);
    request.set_offset(pull->offset);
    request.set_data_size(pull->size);
    send_pdu(*connection, request);
  }
}

Verdict FileUploads::say(ClientContext& client, const PduHeader& /*header*/, const IMFileState& state) {
  Upload* upload = find(client.session.seat->task_id);
  if (upload == nullptr || state.state() != IM::BaseDefine::CLIENT_FILE_CANCEL) {
    return Verdict::refused(ERROR_NOT_ALLOWED, "the server says how an upload ends; its sender may cancel it");
  }
  upload->end = TransferEnd::kCancelled;
  context_.shelf.remove(upload->file.task_id, upload->file.from, [](const StoreResult<bool>&) {});
  return Verdict::close(CloseReason::kAnswered);
}

Verdict FileUploads::pull(ClientContext& client, const PduHeader& header, const IMFilePullDataReq& request) {
  return refuse_pull(client, header, request, IM::BaseDefine::FILE_SERVER_ERRNO_PULL_DATA_ILLIEAGE_USER);
}

Verdict FileUploads::data(ClientContext& client, const PduHeader& header, const IMFilePullDataRsp& data) {
  Upload* upload = find(client.session.seat->task_id);
  if (upload == nullptr) return refuse_unasked(client.connection, header);
  if (data.result_code() != 0) {  // it cannot read its file; perhaps later
    upload->end = TransferEnd::kCancelled;
    return Verdict::close(CloseReason::kAnswered);
  }
  if (!upload->window.take(data.offset(), data.file_data().size())) return refuse_unasked(client.connection, header);
  upload->moved_at = context_.now();
  upload->unwritten.push_back(data.file_data());
  work(*upload);
  return Verdict::handled();
}

// Released a little later: this may be inside of a call that uses the upload.
void FileUploads::left(Connection& connection, const TransferSeat& seat) {
  Upload* upload = find(seat.task_id);
  if (upload == nullptr || upload->conn != connection.id()) return;
  upload->conn = ConnId::kNone;
  context_.server.loop.post([this, task_id = seat.task_id] { release_where_left(task_id); });
}

void FileUploads::on_tick() {
  std::vector<std::string> ids;
  for (const auto& [task_id, upload] : uploads_) ids.push_back(task_id);
  for (const std::string& task_id : ids) {
    Upload* upload = find(task_id);
    if (upload == nullptr) continue;
    if (upload->wants_disk) work(*upload);
    Connection* connection = context_.server.connections.find(upload->conn);
    if (connection == nullptr) {
      upload->conn = ConnId::kNone;  // lost before its login was answered
      release_where_left(task_id);
    } else if (is_stuck(*upload)) {
      upload->end = TransferEnd::kTimedOut;
      cancel(*upload);
    }
  }
}

void FileUploads::drop(const std::string& task_id) {
  Upload* upload = find(task_id);
  if (upload == nullptr) return;
  upload->end = TransferEnd::kCancelled;
  cancel(*upload);
}

FileUploads::Upload* FileUploads::find(const std::string& task_id) {
  const auto found = uploads_.find(task_id);
  return found == uploads_.end() ? nullptr : found->second.get();
}

bool FileUploads::is_stuck(const Upload& upload) const {
  return upload.stage == Stage::kPulling && context_.now() - upload.moved_at >= context_.settings().peer_timeout_ms;
}

// Gives the disk what there is to do for this upload, one job at a time.
void FileUploads::work(Upload& upload) {
  const bool has_work = upload.stage == Stage::kOpening || upload.stage == Stage::kFinishing ||
                        (upload.stage == Stage::kPulling && !upload.unwritten.empty());
  if (upload.disk_busy || !has_work) return;
  upload.disk_busy = submit(upload);
  upload.wants_disk = !upload.disk_busy;
}

bool FileUploads::submit(Upload& upload) {
  FileShelf& shelf = context_.shelf;
  const FileDisk disk = shelf.disk();
  const std::string& task_id = upload.file.task_id;
  switch (upload.stage) {
    case Stage::kOpening:
      return shelf.submit([this, disk, task_id, size = upload.file.size, min_free = context_.settings().min_free] {
        const FileDisk::Upload result = disk.open_upload(task_id, size, min_free);
        return [this, task_id, result] { opened(task_id, result); };
      });
    case Stage::kPulling:
      return submit_write(upload);
    case Stage::kFinishing:
      return shelf.submit([this, disk, task_id, fd = upload.fd] {
        const DiskFault fault = disk.finish_upload(fd, task_id);
        return [this, task_id, fault] { finished(task_id, fault); };
      });
    case Stage::kCompleting:
      return false;
  }
  CHECK(false);
}

bool FileUploads::submit_write(Upload& upload) {
  size_t bytes = 0;
  for (const std::string& piece : upload.unwritten) bytes += piece.size();
  const bool taken = context_.shelf.submit([this, disk = context_.shelf.disk(), task_id = upload.file.task_id, bytes,
                                            fd = upload.fd, offset = upload.window.written(), pieces = upload.unwritten,
                                            min_free = context_.settings().min_free] {
    const DiskFault fault = disk.has_room(bytes, min_free) ? FileDisk::write(fd, offset, pieces) : DiskFault::kNoRoom;
    return [this, task_id, bytes, fault] { wrote(task_id, bytes, fault); };
  });
  if (taken) upload.unwritten.clear();
  return taken;
}

void FileUploads::opened(const std::string& task_id, const FileDisk::Upload& result) {
  Upload& upload = *uploads_.at(task_id);
  upload.disk_busy = false;
  upload.fd = result.fd;
  Connection* connection = context_.server.connections.find(upload.conn);
  if (connection == nullptr) {
    upload.conn = ConnId::kNone;
    release_where_left(task_id);
    return;
  }
  if (result.fault != DiskFault::kNone) {
    log_warn("upload_not_opened", {{"conn", connection->id()}, {"why", to_string(result.fault)}});
    upload.end = TransferEnd::kFailed;
    refuse_file_login(*connection, upload.login_seq_num, task_id, login_error_of(result.fault));
    upload.conn = ConnId::kNone;
    release_where_left(task_id);
    return;
  }
  upload.window = UploadWindow(upload.file.size, result.offset, context_.pull_limits());
  upload.stage = Stage::kPulling;
  upload.moved_at = context_.now();
  accept(upload, *connection);
  if (upload.window.complete()) complete(upload);
}

void FileUploads::wrote(const std::string& task_id, size_t bytes, DiskFault fault) {
  Upload& upload = *uploads_.at(task_id);
  upload.disk_busy = false;
  if (fault != DiskFault::kNone) {
    fail(upload, Verdict::refused(ERROR_UNAVAILABLE, to_string(fault)));
  } else {
    upload.window.wrote(bytes);
    context_.figures.moved(TransferKind::kUpload, bytes);
    if (upload.window.complete()) {
      complete(upload);
    } else {
      pump(upload);
      work(upload);
    }
  }
  release_where_left(task_id);
}

// All bytes are there. Without a descriptor they have their own name already: only the store has to hear of it.
void FileUploads::complete(Upload& upload) {
  if (upload.fd >= 0) {
    upload.stage = Stage::kFinishing;
    work(upload);
    return;
  }
  upload.stage = Stage::kCompleting;
  context_.shelf.complete(upload.file.task_id,
                          [this, task_id = upload.file.task_id](const auto& result) { completed(task_id, result); });
}

void FileUploads::finished(const std::string& task_id, DiskFault fault) {
  Upload& upload = *uploads_.at(task_id);
  upload.disk_busy = false;
  if (fault != DiskFault::kNone) {
    upload.stage = Stage::kPulling;  // so far only
    fail(upload, Verdict::refused(ERROR_UNAVAILABLE, to_string(fault)));
    release_where_left(task_id);
    return;
  }
  FileDisk::close(std::exchange(upload.fd, -1));
  complete(upload);
}

void FileUploads::completed(const std::string& task_id, const StoreResult<FileShelf::Completed>& result) {
  Upload& upload = *uploads_.at(task_id);
  upload.store_answered = true;
  if (!result.ok()) {
    fail(upload, refusal_of(result.error()));
  } else if (result.value() == FileShelf::Completed::kGone) {
    context_.shelf.remove_bytes(task_id);
    upload.end = TransferEnd::kCancelled;
    cancel(upload);
  } else {
    if (result.value() == FileShelf::Completed::kNow) {
      notify_receiver(context_, upload.file, IM::BaseDefine::FILE_TYPE_OFFLINE, upload.addresses);
    }
    say_done(upload);
  }
  release_where_left(task_id);
}

void FileUploads::say_done(Upload& upload) {
  upload.end = TransferEnd::kDone;
  Connection* connection = context_.server.connections.find(upload.conn);
  if (connection == nullptr) return;
  send_file_state(*connection, upload.file.task_id, upload.file.to, IM::BaseDefine::CLIENT_FILE_DONE);
  connection->close(CloseReason::kAnswered);
}

// The uploader may try again later: nothing is deleted.
void FileUploads::fail(Upload& upload, const Verdict& why) {
  log_warn("upload_failed", {{"task", short_task(upload.file.task_id)}, {"from", upload.file.from}, {"why", why.text}});
  upload.end = TransferEnd::kFailed;
  if (Connection* connection = context_.server.connections.find(upload.conn)) {
    send_error(*connection, header_of_data(), why);
  }
  cancel(upload);
}

void FileUploads::cancel(Upload& upload) {
  Connection* connection = context_.server.connections.find(upload.conn);
  if (connection == nullptr) return;
  send_file_state(*connection, upload.file.task_id, upload.file.to, IM::BaseDefine::CLIENT_FILE_CANCEL);
  connection->close(CloseReason::kAnswered);
}

// Nobody uploads it any more: the descriptor, and with it the lock, is free for the next try. What is on its way to
// being complete becomes complete.
void FileUploads::release_where_left(const std::string& task_id) {
  Upload* upload = find(task_id);
  if (upload == nullptr || upload->conn != ConnId::kNone || upload->disk_busy) return;
  const bool about_to_end = upload->stage == Stage::kFinishing || upload->stage == Stage::kCompleting;
  if (about_to_end && !upload->store_answered) return;
  if (upload->fd >= 0) FileDisk::close(upload->fd);
  context_.figures.ended(TransferKind::kUpload, upload->end);
  log_info("transfer_ended", {{"kind", to_string(TransferKind::kUpload)},
                              {"task", short_task(task_id)},
                              {"from", upload->file.from},
                              {"to", upload->file.to},
                              {"end", to_string(upload->end)},
                              {"bytes", upload->window.written()}});
  uploads_.erase(task_id);
}

}  // namespace talkbeat
