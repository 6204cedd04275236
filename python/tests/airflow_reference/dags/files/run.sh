echo "{{ ds_nodash }} {{ twice(21) }}"
