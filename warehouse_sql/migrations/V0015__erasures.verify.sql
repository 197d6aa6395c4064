select erasure_sequence, run_id, erased_at from audit.erasure where erasure_sequence is null;
